import { randomUUID } from "node:crypto";
import { standardWebhooks } from "@keepsake/adapters/standardWebhooks";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answering, type Receiver, startReceiver } from "../support/eventReceiver.ts";

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const event = () => ({
  event_id: randomUUID(),
  body: JSON.stringify({
    type: "erasure.done",
    timestamp: "2026-11-22T00:00:00.000Z",
    data: {
      owner: "Zoë",
      erasure: {
        erasure_id: randomUUID(),
        objects: 1,
        bytes: 1,
        purge: null,
        created_at: "2026-11-22T00:00:00.000Z",
        done_at: null,
      },
    },
  }),
});
const send = (sent = event(), { webhook } = receiver) => standardWebhooks(webhook).deliver(sent);

describe("an event for a receiver", () => {
  test("has a signature that the standard's library verifies, and its own id in every attempt", async () => {
    const sent = event();
    await send(sent);
    await send(sent);
    expect(receiver.refused).toEqual([]);
    expect(receiver.received.map(({ id }) => id)).toEqual([sent.event_id, sent.event_id]);
    expect(receiver.received[0]!.event).toEqual(JSON.parse(sent.body));
  });

  test("is signed with no other secret", async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    await send(event(), { ...receiver, webhook: { ...receiver.webhook, secret } });
    expect(receiver.refused).toEqual(["WebhookVerificationError: No matching signature found"]);
    expect(() => new Webhook(receiver.webhook.secret)).not.toThrow();
  });

  test.each([200, 201, 202, 204, 299])("is delivered when the answer is %i", async (status) => {
    receiver.answer = answering(status);
    await expect(send()).resolves.toBeUndefined();
  });

  test.each([301, 302, 303, 307, 308])("is not sent where a %i redirects to", async (status) => {
    receiver.answer = answering(status, { location: receiver.webhook.url });
    await expect(send()).rejects.toThrow(new RetryableError(`The receiver answered ${status}`));
    expect(receiver.received).toHaveLength(1);
  });

  test.each([400, 401, 404, 409, 429, 500, 502, 503])(
    "can be tried again when the answer is %i",
    async (status) => {
      receiver.answer = answering(status);
      await expect(send()).rejects.toMatchObject({
        name: "RetryableError",
        retryAfterSeconds: undefined,
      });
    },
  );

  test("is not tried again when the receiver answers that it is gone", async () => {
    receiver.answer = answering(410);
    await expect(send()).rejects.toThrow(PermanentError);
  });

  test.each([
    ["120", 120],
    ["999999", 3_600],
    ["soon", undefined],
  ])("is tried again when retry-after says: %s", async (header, seconds) => {
    receiver.answer = answering(503, { "retry-after": header });
    await expect(send()).rejects.toMatchObject({ retryAfterSeconds: seconds });
  });

  test("is not waited for longer than the deadline, and the error holds no URL", async () => {
    receiver.answer = () => {};
    const delivering = standardWebhooks(receiver.webhook, { deadlineMs: 200 }).deliver(event());
    await expect(delivering).rejects.toThrow("The receiver took longer than 200 ms");
    await receiver.stop();
    const refused = await send().catch((error: Error) => error);
    expect(`${refused} ${(refused as Error).cause}`).toMatch(/ECONNREFUSED/);
    expect(`${refused} ${(refused as Error).stack}`).not.toContain("/hooks");
  });

  test("is delivered whatever body the answer has, of which little is read", async () => {
    let sent = 0;
    receiver.answer = (_, response) => {
      response.writeHead(200);
      const chunk = Buffer.alloc(65_536);
      const write = () => {
        while (sent < 500_000_000 && !response.destroyed) {
          sent += chunk.length;
          if (!response.write(chunk)) return response.once("drain", write);
        }
      };
      write();
    };
    const started = performance.now();
    await expect(send()).resolves.toBeUndefined();
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(sent).toBeLessThan(50_000_000);
  });

  test("is delivered when the answer's body never ends", async () => {
    receiver.answer = (_, response) => {
      response.writeHead(200, { "content-length": 10 }).write("a");
    };
    const started = performance.now();
    await expect(send()).resolves.toBeUndefined();
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
