import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Alter, unaltered, withHeader } from "../support/alteringProxy.ts";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { deliver, newOwner, type TestStack } from "../support/stack.ts";
import { stackWithAlteredR2 } from "../support/stackWithAlteredR2.ts";
import { fileOf, putTo, sha256Of, uploadRequest } from "../support/uploadRequests.ts";

let stack: TestStack;
let r2: Awaited<ReturnType<typeof stackWithAlteredR2>>["r2"];

beforeAll(async () => {
  ({ stack, r2 } = await stackWithAlteredR2());
});
afterEach(() => {
  r2.alter = unaltered;
});
afterAll(async () => {
  await stack.stop();
  await r2.stop();
});

/** Alters so many GETs. Each response agrees with itself: its length is that of its body. */
function alterGets(times: number, change: (body: Buffer) => Buffer): Alter {
  let left = times;
  return ({ method }, response) => {
    if (method !== "GET" || left === 0) return response;
    left -= 1;
    return { ...response, body: change(response.body) };
  };
}

const cut = (body: Buffer) => body.subarray(0, body.length - 20);
const flipped = (body: Buffer) => Buffer.from(body).fill(body.at(-1)! ^ 0xff, body.length - 1);
const random = (body: Buffer) => Buffer.concat([body.subarray(1), Buffer.from([nextByte++])]);
let nextByte = 0;

describe("an upload", () => {
  test.for([
    ["cut short", cut],
    ["altered", flipped],
  ] as const)("that is read back %s twice is published", async ([, change]) => {
    const { client } = newOwner(stack);
    r2.alter = alterGets(2, change);
    const bytes = await png(48);

    const image = await client.upload(fileOf(bytes));

    expect(image).toMatchObject({ status: "published", sha256: sha256Of(bytes) });
  });

  test.for([
    ["cut short", cut],
    ["other bytes each time", random],
  ] as const)(
    "that is always read back %s stays pending, and is published later",
    async ([, change]) => {
      const { client } = newOwner(stack);
      const bytes = await png(48);
      const ticket = await client.presignUpload(uploadRequest(bytes));
      await putTo(ticket, bytes);
      r2.alter = alterGets(Number.POSITIVE_INFINITY, change);
      const complete = fetch(`${stack.api}/uploads/${ticket.upload_id}/complete`, {
        method: "POST",
        headers: { authorization: `Bearer ${await tokenOf(ticket.upload_id)}` },
      });
      const response = await complete;
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
      expect(await response.json()).toMatchObject({ error: { code: "service.unavailable" } });

      r2.alter = unaltered;

      expect((await client.completeUpload(ticket)).image).toMatchObject({ status: "published" });
    },
  );

  /** The token of the upload's owner. */
  async function tokenOf(upload_id: string) {
    const [image] = await stack.sql`select owner_id from images where image_id = ${upload_id}`;
    return stack.issuer.sign(String(image?.owner_id).replace("user:", ""));
  }
});

describe("a portrait made from an image", () => {
  test("that is read cut short stays pending, and is published later", async () => {
    const { client } = newOwner(stack);
    const { image_id: portrait_image_id } = await client.upload(fileOf(await png(64)));
    const pieces = [{ ...faction, type: "character" as const, portrait_image_id }];
    const { world } = await client.createWorld({ theme: "norse", pieces });
    const message = { piece_id: world.pieces[0]!.piece_id, version: 1 };
    r2.alter = alterGets(Number.POSITIVE_INFINITY, cut);

    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([0]);
    expect((await client.getWorld(world)).world.pieces[0]).toMatchObject({
      portrait_status: "pending",
    });

    r2.alter = alterGets(2, cut);
    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([]);
    expect((await client.getWorld(world)).world.pieces[0]).toMatchObject({
      portrait_status: "published",
    });
  });
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
