import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { publicBucket, s3Client } from "@keepsake/adapters/cloud/r2";
import { privateImages } from "@keepsake/functions/services/buckets";
import { decoder } from "@keepsake/functions/services/decoder";
import { audit, fix } from "@keepsake/ops/audit/audit";
import { addVariants, countWithout } from "@keepsake/ops/variants/variants";
import { describe, expect, inject } from "vitest";
import { drawnPicture } from "../support/drawnPicture.ts";
import { pendingPiece } from "../support/pieceDrafts.ts";
import {
  deliver,
  type Owner,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { bytesAt, fileOf } from "../support/uploadRequests.ts";

const { imagesBucket: bucket, incomingBucket: _, ...link } = inject("backends").r2;
const images = publicBucket({ bucket, ...link });
test.afterEach(({ stack }) => stack.sql`with gone as (delete from worlds) delete from images`);

const silent = { onSkip: () => {}, onProgress: () => {} };

describe("npm run backfill -- --variants", () => {
  test("makes the copies of images and portraits that an earlier release published", async ({
    stack,
    owner,
  }) => {
    const { image, piece, world_id } = await published(stack, owner);
    const { usage } = await owner.client.getOwner();
    await forgetCopies(stack);
    expect((await owner.client.getOwner()).usage.stored_bytes).toBe(image.bytes);
    await removeCopies([...image.variants.map(({ url }) => url)]);
    expect(await countWithout(stack)).toEqual({ images: 1, portraits: 1 });

    const skipped: unknown[] = [];
    const counts = await addVariants(
      { sql: stack.sql, images, privateImages: privateImages(), decoder: decoder() },
      { ...silent, onSkip: (row) => skipped.push(row) },
    );

    expect(skipped).toEqual([]);
    expect(counts).toEqual({ done: 2, skipped: 0 });
    expect((await owner.client.getImage(image)).image).toEqual(image);
    const [now] = (await owner.client.getWorld({ world_id })).world.pieces;
    expect(now!.details).toEqual(piece.details);
    for (const { url } of image.variants) expect((await bytesAt(url)).length).toBeGreaterThan(100);
    expect(await countWithout(stack)).toEqual({ images: 0, portraits: 0 });
    expect((await owner.client.getOwner()).usage).toEqual(usage);
  });

  test("skips a picture whose object does not exist, says why, and goes on", async ({
    stack,
    owner,
  }) => {
    const { image: lost } = await published(stack, owner);
    const { image } = await published(stack, owner);
    await forgetCopies(stack);
    await removeCopies([lost.url!]);

    const reasons: string[] = [];
    const counts = await addVariants(
      { sql: stack.sql, images, privateImages: privateImages(), decoder: decoder() },
      { ...silent, onSkip: ({ id, reason }) => reasons.push(`${id}: ${reason}`) },
    );

    expect(counts.skipped).toBe(1);
    expect(reasons).toEqual([
      `${lost.image_id}: Its object does not exist: npm run audit lists it`,
    ]);
    expect((await owner.client.getImage(image)).image.variants).toEqual(image.variants);
  });
});

describe("the audit", () => {
  test("finds a copy whose object does not exist, and removes it from the row", async ({
    stack,
    owner,
  }) => {
    const { image, piece, world_id } = await published(stack, owner);
    const [small, middle] = image.variants;
    const portraits = piece.details.image_portrait_variants as { url: string }[];
    await removeCopies([small!.url, portraits[0]!.url]);

    const { missing } = await audit();
    const urls = missing.map(({ url }) => url);
    expect(urls.sort()).toEqual([small!.url, portraits[0]!.url].sort());
    await fix({ orphans: [], missing, unfinished: [] });

    expect((await owner.client.getImage(image)).image.variants).toEqual([middle]);
    const [now] = (await owner.client.getWorld({ world_id })).world.pieces;
    expect(now).toEqual({
      ...piece,
      details: { ...piece.details, image_portrait_variants: portraits.slice(1) },
    });
  });

  test("does not report the copies of published pictures as orphans", async ({ stack, owner }) => {
    const { image, piece } = await published(stack, owner);
    const keys = (await audit()).orphans.map(({ key }) => key).join("\n");
    expect(keys).not.toContain(image.image_id);
    expect(keys).not.toContain(piece.piece_id);
  });
});

let photos = 0;

/** An image of 1,200 px, another one each time, and a portrait of 500, both published. */
async function published(stack: TestStack, owner: Owner) {
  const { client } = owner;
  const photo = await drawnPicture(1_200, 600 + photos++)
    .jpeg()
    .toBuffer();
  const image = await client.upload(fileOf(photo, "a.jpg", "image/jpeg"));
  const portrait = await drawnPicture(500, 500).png().toBuffer();
  const { world_id, piece_id } = await pendingPiece(owner, portrait);
  await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
  const [piece] = (await client.getWorld({ world_id })).world.pieces;
  return { image, piece: piece!, world_id };
}

/** Leaves the rows as an earlier release wrote them. */
async function forgetCopies({ sql }: TestStack) {
  await sql`update images set variants = '[]', stored_bytes = null`;
  await sql`
    update lore_pieces set details = details - 'image_portrait_variants', stored_bytes = null
  `;
}

async function removeCopies(urls: string[]) {
  const s3 = s3Client(link);
  for (const url of urls)
    await s3.send(
      new DeleteObjectCommand({ Bucket: bucket, Key: url.slice(images.url("").length) }),
    );
}
