import { invoke } from "@keepsake/local/aws/lambda";
import { expect } from "vitest";
import { request, testWithoutConsumers as test } from "../support/stack.ts";

const body = Buffer.from('{"theme":"caf\xe9","pieces":[]}', "latin1");
const malformed = { error: { code: "body.malformed" } };

test.for(["application/json", "application/vnd.api+json"])(
  "a body of %s that is not UTF-8 is a 400 from the API, the stream and the webhook",
  async (type, { stack }) => {
    const authorization = `Bearer ${await stack.issuer.sign("alice")}`;
    const headers = {
      authorization,
      "content-type": type,
      "x-telegram-bot-api-secret-token": stack.webhookSecret,
    };
    for (const url of [`${stack.api}/worlds`, `${stack.api}/telegram/webhook`, stack.stream]) {
      const response = await fetch(url, { method: "POST", headers, body });
      expect([url, response.status, await response.json()]).toMatchObject([url, 400, malformed]);
    }
  },
);

test("a body whose wrong bytes a gateway replaced is a 400 too", async ({ stack }) => {
  const event = {
    headers: {
      authorization: `Bearer ${await stack.issuer.sign("alice")}`,
      "content-type": "application/json",
      "content-length": String(body.length),
    },
    body: body.toString("utf8"),
    isBase64Encoded: false,
    requestContext: { requestId: "1" },
  };
  const lambda = stack.functions.routes.createWorld;
  expect(await invoke(lambda, event)).toMatchObject({
    statusCode: 400,
    body: expect.stringContaining('"body.malformed"'),
  });
});

test("a token is not made for an owner that is not UTF-8", async ({ stack }) => {
  const response = await fetch(`${stack.api}/tokens`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${stack.serviceKey}`,
      "content-type": "application/json",
    },
    body: Buffer.from('{"owner":"caf\xe9"}', "latin1"),
  });
  expect(response.status).toBe(400);
});

test("a U+FFFD that was sent is stored as it is", async ({ stack }) => {
  const pieces = [{ type: "faction", name: "\ufffd", description: "", details: {} }];
  const response = await request(stack, "POST", "/worlds", {
    sub: "alice",
    body: { theme: "norse", pieces },
  });
  expect(response.body.world.pieces[0].name).toBe("\ufffd");
});
