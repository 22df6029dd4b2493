import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { alteringProxy, unaltered, withHeader } from "../support/alteringProxy.ts";
import { character } from "../support/drafts.ts";
import { png } from "../support/images.ts";
import { deliver, newOwner, type TestStack, testStack } from "../support/stack.ts";

let stack: TestStack;
let r2: Awaited<ReturnType<typeof alteringProxy>>;

beforeAll(async () => {
  const backends = inject("backends");
  r2 = await alteringProxy(backends.r2.endpoint);
  stack = await testStack({
    consume: false,
    backends: { r2: { ...backends.r2, endpoint: r2.url } },
  });
});
afterEach(() => {
  r2.alter = unaltered;
});
afterAll(async () => {
  await stack.stop();
  await r2.stop();
});

describe("a write that the bucket answers with 200", () => {
  test.for([
    ["the ETag", "etag", `"${"0".repeat(32)}"`],
    ["the SHA-256", "x-amz-checksum-sha256", Buffer.alloc(32).toString("base64")],
  ] as const)("and %s of other bytes publishes nothing", async ([, name, value]) => {
    const { client } = newOwner(stack);
    r2.alter = ({ method }, response) =>
      method === "PUT" && response.status === 200
        ? { ...response, headers: withHeader(response.headers, name, value) }
        : response;
    const pieces = [await character("Mira", await png(56))];
    const { world } = await client.createWorld({ theme: "norse", pieces });
    const message = { piece_id: world.pieces[0]!.piece_id, version: 1 };

    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([0]);

    const [piece] = (await client.getWorld(world)).world.pieces;
    expect(piece).toMatchObject({ portrait_status: "pending" });
    expect(piece!.details).not.toHaveProperty("image_portrait");
    r2.alter = unaltered;
    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([]);
  });
});
