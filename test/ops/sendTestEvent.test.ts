import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { newWebhookSecret } from "@keepsake/adapters/standardWebhooks";
import { sendTest } from "@keepsake/ops/sendTestEvent";
import { expect, test } from "vitest";
import { startReceiver } from "../support/eventReceiver.ts";

async function answeredWith(status: number) {
  const server = createServer((_, response) => response.writeHead(status).end()).listen(0);
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a_secret_path`;
  const printed = await sendTest({ url, secret: newWebhookSecret() }).catch(
    (error: Error) => error.message,
  );
  server.close();
  server.closeAllConnections();
  return printed;
}

test.each([
  [200, / accepted the event [\w-]{36}, of the type "test"$/],
  [302, / answered 302: redirects are not followed, so set WEBHOOK_URL to where it leads$/],
  [401, / answered 401: the receiver may have another secret than this stage's WebhookSecret$/],
  [404, / answered 404: check the path of WEBHOOK_URL$/],
  [410, / answered 410: a real event would have failed at once$/],
  [500, / answered 500: read the receiver's log$/],
])("npm run webhook -- test says what to do when the receiver answers %i", async (status, text) => {
  const printed = await answeredWith(status);
  expect(printed).toMatch(text);
  expect(printed).not.toContain("secret_path");
});

test.each([
  [{ url: "", secret: "none" }, /^There is no receiver: set WEBHOOK_URL and deploy/],
  [{ url: "https://a.example", secret: "none" }, /^WebhookSecret must be whsec_ and the base64/],
  [{ url: "https://a.example", secret: "whsec_c2hvcnQ=" }, /^WebhookSecret must be whsec_/],
])("npm run webhook -- test says what is missing of %j", async (webhook, text) => {
  await expect(sendTest(webhook)).rejects.toThrow(text);
});

test("npm run webhook -- test sends the body and the headers that the OpenAPI document describes", async () => {
  const receiver = await startReceiver();
  await sendTest(receiver.webhook);
  await receiver.stop();
  expect(receiver.refused).toEqual([]);
  expect(receiver.received.map(({ event }) => event.type)).toEqual(["test"]);
});
