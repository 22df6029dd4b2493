import { createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { type Example, installExample } from "./support/installExample.ts";

let example: Example;
let receiver: ReturnType<Example["start"]>;
let url: string;
beforeAll(async () => {
  example = await installExample("webhook-receiver");
  receiver = example.start(undefined, { PORT: "0" });
  const listening = () => /listening on (\S+)\n/.exec(receiver.output());
  url = (await vi.waitUntil(listening, { timeout: 30_000 }))[1]!;
}, 120_000);
afterAll(() => example?.remove());

describe("examples/webhook-receiver, installed by itself", () => {
  test("prints the URL of an image that an event reports, once", async () => {
    const id = randomUUID();
    const event = {
      type: "image.published",
      timestamp: new Date().toISOString(),
      data: { owner: "alice", image: { url: "https://cdn.example/a.png" } },
    };
    expect(await send(id, event, inject("keepsake").webhook_secret)).toBe(204);
    expect(await send(id, event, inject("keepsake").webhook_secret)).toBe(204);
    const printed = () => receiver.output().match(/^alice has https:\S+a\.png$/gm);
    await expect.poll(printed).toHaveLength(1);
  });

  test("rejects an event that is signed with another secret", async () => {
    const other = `whsec_${Buffer.from(randomUUID()).toString("base64")}`;
    expect(await send(randomUUID(), { type: "image.published" }, other)).toBe(401);
  });
});

/** Sends an event as the Standard Webhooks specification signs it. */
async function send(id: string, event: object, secret: string) {
  const body = JSON.stringify(event);
  const seconds = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64");
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": `v1,${signature}`,
  };
  return (await fetch(url, { method: "POST", headers, body })).status;
}
