import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { png } from "../support/images.ts";
import { newOwner, type Owner, type TestStack } from "../support/stack.ts";
import { fileOf, putTo, uploadRequest } from "../support/uploadRequests.ts";
import type { Action } from "./support/faultInjector.ts";
import type { FaultyHttpProxy } from "./support/faultyProxies.ts";
import { stackWithFaultyR2 } from "./support/stackWithFaultyR2.ts";

let stack: TestStack;
let r2: FaultyHttpProxy;
/** What happens to R2's requests of this method. */
let fault: { method: string; action: Action } | undefined;

beforeAll(async () => {
  ({ stack, r2 } = await stackWithFaultyR2({
    decide: (_, call) => (fault && call.startsWith(fault.method) ? fault.action : "forward"),
  }));
  // R2's client would wait for 15 s, three times
  stack.functions.routes.completeUpload.timeoutMs = 4_000;
  stack.functions.routes.createImage.timeoutMs = 4_000;
});
afterEach(() => {
  fault = undefined;
});
afterAll(async () => {
  await stack.stop();
  await r2.stop();
});

const actions = {
  "answers 500": { status: 500 },
  "answers 503": { status: 503 },
  "answers 429": { status: 429 },
  "closes connections": "loseRequest",
  "does not answer": { delayMs: 6_000 },
} satisfies Record<string, Action>;

async function post({ sub }: Owner, url: string, body?: object, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await stack.issuer.sign(sub)}`,
      "content-type": "application/json",
      ...headers,
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { error } = (await response.json()) as { error?: { code: string } };
  return [response.status, error?.code, response.headers.get("retry-after")];
}

const unavailable = [503, "service.unavailable", "1"];

describe("while R2", () => {
  const cases = Object.entries(actions).flatMap(([what, action]) =>
    ["GET", "PUT"].map((method) => [what, method, action] as const),
  );
  test.for(cases)(
    "%s to a %s, completing an upload gets 503 and retry-after, and publishes it afterwards",
    { timeout: 30_000 },
    async ([, method, action]) => {
      const owner = newOwner(stack);
      const bytes = await png(48);
      const ticket = await owner.client.presignUpload(uploadRequest(bytes));
      expect((await putTo(ticket, bytes)).status).toBe(200);
      const complete = `${stack.api}/uploads/${ticket.upload_id}/complete`;

      fault = { method, action };
      expect(await post(owner, complete)).toEqual(unavailable);

      fault = undefined;
      expect(await post(owner, complete)).toEqual([200, undefined, null]);
    },
  );

  test.for(Object.entries(actions))(
    "%s to a PUT, an image in a request gets 503 and retry-after, and is published by a repeat",
    { timeout: 30_000 },
    async ([, action]) => {
      const owner = newOwner(stack);
      const body = { image_base64: (await png(48)).toString("base64") };
      const key = { "idempotency-key": "the-same" };

      fault = { method: "PUT", action };
      expect(await post(owner, `${stack.api}/images`, body, key)).toEqual(unavailable);

      fault = undefined;
      expect(await post(owner, `${stack.api}/images`, body, key)).toEqual([201, undefined, null]);
      const { images } = await owner.client.listImages();
      expect(images.map(({ status }) => status)).toEqual(["published"]);
    },
  );

  test.for(Object.entries(actions).filter(([what]) => what !== "does not answer"))(
    "%s, characters that are like an image get 503 and retry-after, from the API and the stream",
    async ([, action]) => {
      const owner = newOwner(stack);
      const image = await owner.client.upload(fileOf(await png(48)));
      const body = { theme: "norse", count: 1, reference_image_id: image.image_id };

      fault = { method: "GET", action };

      expect(await post(owner, `${stack.api}/characters`, body)).toEqual(unavailable);
      expect(await post(owner, stack.stream, body)).toEqual(unavailable);
    },
  );
});
