import { GetObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import type { Image } from "@keepsake/contract/schemas";
import { describe, expect, inject } from "vitest";
import { gpsJpeg, png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import {
  newOwner,
  type Owner,
  request,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { bytesAt, fileOf, putTo, uploadRequest } from "../support/uploadRequests.ts";
import { removeIncoming, sweepAndDeliver } from "../support/uploadTimeAndObjects.ts";

describe("a private image", () => {
  test("is read by its presigned URL only", async ({ stack, owner }) => {
    const bytes = await png(64, "#510001");
    const image = await uploadPrivate(owner, bytes);

    expect(image).toMatchObject({
      visibility: "private",
      status: "published",
      bytes: bytes.length,
    });
    const response = await fetch(image.url!);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("cache-control")).toBe("private, max-age=3600, immutable");
    expect(bytes.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);

    const { origin, pathname, search } = new URL(image.url!);
    const key = keyOf(image);
    expect((await fetch(origin + pathname)).ok).toBe(false);
    expect((await fetch(`${stack.cdn}/${key}`)).status).toBe(404);
    expect((await fetch(image.url!.replace(image.image_id, other))).status).toBe(403);
    expect(
      (await fetch(origin + pathname + search.replace("Signature=", "Signature=0"))).status,
    ).toBe(403);
    for (const method of ["PUT", "DELETE"])
      expect((await fetch(image.url!, { method, ...(method === "PUT" && { body: "x" }) })).ok).toBe(
        false,
      );
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    const [row] = await stack.sql`select url, key from images where image_id = ${image.image_id}`;
    expect(row).toEqual({ url: null, key });
  });

  test("has the same URL for half an hour, which is valid for an hour from its beginning", async ({
    owner,
  }) => {
    const { image_id } = await uploadPrivate(owner, await png(64, "#510002"));
    const { client } = owner;
    const [got, list, updated] = await Promise.all([
      client.getImage({ image_id }),
      client.listImages(),
      client.updateImage({ image_id, alt: "Mine" }),
    ]);
    expect([list.images[0]!.url, updated.image.url]).toEqual([got.image.url, got.image.url]);
    const { searchParams } = new URL(got.image.url!);
    expect(searchParams.get("X-Amz-Date")).toMatch(/T\d\d[03]000Z$/);
    expect(searchParams.get("X-Amz-Expires")).toBe("3600");
  });

  test("is sanitized as every image", async ({ owner }) => {
    const image = await uploadPrivate(owner, await gpsJpeg(), "image/jpeg");
    expect(image).toMatchObject({ content_type: "image/jpeg", width: 32, height: 48 });
    expect((await bytesAt(image.url)).includes("Wanderer")).toBe(false);
  });

  test("is not found by other owners", async ({ stack, owner }) => {
    const { image_id } = await uploadPrivate(owner, await png(64, "#510003"));
    const { client } = newOwner(stack);
    await expect(client.getImage({ image_id })).rejects.toMatchObject({ code: "image.not_found" });
    expect((await client.listImages()).images).toEqual([]);
  });

  test("can be completed twice at once, and again", async ({ owner: { client } }) => {
    const bytes = await png(64, "#510004");
    const ticket = await client.presignUpload({ ...uploadRequest(bytes), visibility: "private" });
    await putTo(ticket, bytes);
    const both = await Promise.all([client.completeUpload(ticket), client.completeUpload(ticket)]);
    expect(both[0]).toEqual(both[1]);
    expect(await client.completeUpload(ticket)).toEqual(both[0]);
  });

  test("is made no portrait, nor a reference of one: portraits are public", async ({ owner }) => {
    const { client } = owner;
    const { image_id } = await uploadPrivate(owner, await png(64, "#510005"));
    const isPrivate = { code: "image.private" };
    const pieces = [{ ...faction, type: "character" as const, portrait_image_id: image_id }];
    await expect(client.createWorld({ theme: "norse", pieces })).rejects.toMatchObject(isPrivate);
    const { world } = await client.createWorld({
      theme: "norse",
      pieces: [await character("Mira")],
    });
    const { world_id } = world;
    await expect(client.addPieces({ world_id, pieces })).rejects.toMatchObject(isPrivate);
    const { piece_id } = world.pieces[0]!;
    const replacing = client.replacePortrait({ world_id, piece_id, image_id });
    await expect(replacing).rejects.toMatchObject(isPrivate);
    const generating = client.generateCharacters({
      theme: "norse",
      count: 1,
      reference_image_id: image_id,
    });
    await expect(generating).rejects.toMatchObject(isPrivate);
  });

  test("is reused for private uploads only, and a public one for public ones", async ({
    owner,
  }) => {
    const { client } = owner;
    const bytes = await png(64, "#510006");
    const hidden = await uploadPrivate(owner, bytes);
    const upload = (visibility?: Image["visibility"]) =>
      client.upload(fileOf(bytes), { reuse: true, visibility });

    const shown = await upload();
    expect(shown).toMatchObject({ visibility: "public" });
    expect((await upload("private")).image_id).toBe(hidden.image_id);
    expect((await upload("public")).image_id).toBe(shown.image_id);
    expect((await upload()).image_id).toBe(shown.image_id);
  });

  test("is erased like others when it is deleted, and there is no copy to purge", async ({
    stack,
    owner,
  }) => {
    const bytes = await png(64, "#510007");
    const image = await uploadPrivate(owner, bytes);
    const { erasure } = await owner.client.deleteImage({ image_id: image.image_id });
    await sweep(stack);
    expect((await fetch(image.url!)).status).toBe(404);
    await finishErasure(stack, erasure.erasure_id);
    expect((await owner.client.getErasure(erasure)).erasure).toMatchObject({
      objects: 2,
      bytes: 2 * bytes.length,
      purge: null,
      done_at: expect.any(String),
    });
  });

  test("is erased with everything else of its owner", async ({ stack, owner }) => {
    const image = await uploadPrivate(owner, await png(64, "#510008"));
    await owner.client.eraseOwner();
    await sweep(stack);
    expect((await fetch(image.url!)).status).toBe(404);
  });

  test("whose upload was attempted and expires leaves no object", async ({ stack, owner }) => {
    const bytes = await png(64, "#510009");
    const image = await uploadPrivate(owner, bytes);
    // as if the process had died before it wrote the row
    await stack.sql`
      update images
      set status = 'pending', key = null, sha256 = null, expires_at = now() - interval '61 s',
          url_expires_at = now() - interval '1 s'
      where image_id = ${image.image_id}
    `;
    await removeIncoming(image.image_id);
    expect(await stored(keyOf(image))).toBe(true);
    await sweepAndDeliver(stack);
    await sweep(stack);
    expect(await stored(keyOf(image))).toBe(false);
  });
});

test("an upload has no other visibility than public and private", async ({ stack, owner }) => {
  const body = { ...uploadRequest(await png(64)), visibility: "unlisted" };
  const answer = await request(stack, "POST", "/uploads", { sub: owner.sub, body });
  expect([answer.status, answer.body.error.code]).toEqual([422, "input.invalid"]);
});

const other = "0190a0b0-c0d0-7e0f-8a0b-0c0d0e0f0a0b";

const uploadPrivate = ({ client }: Owner, bytes: Uint8Array, type = "image/png") =>
  client.upload(fileOf(bytes, "mine", type), { visibility: "private" });

const keyOf = ({ url }: Image) => /images\/[^/?]+/.exec(url!)![0];

/** Whether the private bucket has an object. */
async function stored(Key: string) {
  const { privateBucket: Bucket, ...link } = inject("backends").r2;
  const s3 = s3Client(link);
  return s3.send(new GetObjectCommand({ Bucket, Key })).then(
    () => true,
    () => false,
  );
}

/** Makes the final removal due, and runs it. */
async function finishErasure(stack: TestStack, erasure_id: string) {
  await stack.sql`
    update erasure_objects set erase_after = now(), final_after = now()
    where erasure_id = ${erasure_id}
  `;
  await sweep(stack);
}
