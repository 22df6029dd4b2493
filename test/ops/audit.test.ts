import { randomUUID } from "node:crypto";
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import * as objectKeys from "@keepsake/core/images/objectKeys";
import { type AuditResult, audit, fix } from "@keepsake/ops/audit/audit";
import { describe, expect, inject } from "vitest";
import { datasetToExport, messagesOf } from "../support/exports/datasetToExport.ts";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { deliver, sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

const nothing = { orphans: [], missing: [], unfinished: [] };

describe("the audit", () => {
  test("finds nothing when objects and rows agree, with work in progress", async ({
    stack,
    owner: { client },
  }) => {
    const pieces = [await character(), faction];
    const { world } = await client.createWorld({ theme: "norse", pieces });
    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    await client.upload(fileOf(await png(64, "#101112")));
    await client.deleteImage(await client.upload(fileOf(await png(64, "#101113"))));
    await client.upload(fileOf(await png(64, "#101114")), { visibility: "private" });
    const { dataset_id } = await datasetToExport(client, {});
    const ready = (await client.createExport({ dataset_id, layout: "pairs" })).export;
    await deliver(stack, "ExportQueue", await messagesOf(stack.sql, ready.export_id));
    const running = (await client.createExport({ dataset_id, layout: "kohya" })).export;
    const { privateBucket: Bucket, ...keys } = inject("backends").r2;
    const s3 = s3Client(keys);
    // an attempt that did not record its end
    const Key = objectKeys.exportFile(running.export_id, 0);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    s3.destroy();
    expect(await auditOwnRows(stack)).toEqual(nothing);
  });

  test("knows a replaced portrait as being erased, and finds one that is not", async ({
    stack,
    owner: { client },
  }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
    const { world_id } = world;
    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    for (const version of [2, 3]) {
      const image_portrait_base64 = (await png(80 + version)).toString("base64");
      await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
      expect(await auditOwnRows(stack)).toEqual(nothing);
      await deliver(stack, "PortraitQueue", [{ piece_id, version }]);
    }
    expect(await auditOwnRows(stack)).toEqual(nothing);

    // a release that knew nothing of replaced portraits published the third one
    await stack.sql`delete from erasure_objects where key like ${`%${piece_id}_portrait_v2.png`}`;

    const key = `portraits/${world_id}/${piece_id}_portrait_v2.png`;
    const { orphans } = await auditOwnRows(stack);
    expect(orphans).toEqual([{ bucket: "images", key, unknownWorld: false }]);
  });

  test("finds objects without rows and rows without objects, and repairs both", async ({
    stack,
    owner: { client },
  }) => {
    const { imagesBucket, incomingBucket, privateBucket, ...keys } = inject("backends").r2;
    const s3 = s3Client(keys);
    const id = randomUUID();
    const { world: own } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const backfilled = { Bucket: imagesBucket, Key: `portraits/${id}/${id}_portrait.png` };
    await s3.send(new PutObjectCommand({ ...backfilled, Body: "x" }));
    const orphans = [
      { Bucket: imagesBucket, Key: `images/${id}.png` },
      { Bucket: imagesBucket, Key: `portraits/${own.world_id}/${id}_portrait_v3.png` },
      { Bucket: imagesBucket, Key: `stray-${id}.txt` },
      { Bucket: incomingBucket, Key: `uploads/${id}` },
      { Bucket: privateBucket, Key: `images/${id}.webp` },
    ];
    for (const orphan of orphans) await s3.send(new PutObjectCommand({ ...orphan, Body: "x" }));
    const image = await client.upload(fileOf(await png(64, "#202122")));
    const visibility = "private" as const;
    const hidden = await client.upload(fileOf(await png(64, "#202123")), { visibility });
    await s3.send(
      new DeleteObjectCommand({ Bucket: privateBucket, Key: `images/${hidden.image_id}.png` }),
    );
    // its object is in the wrong bucket
    const misplaced = { Bucket: imagesBucket, Key: `images/${hidden.image_id}.png` };
    await s3.send(new PutObjectCommand({ ...misplaced, Body: "x" }));
    const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    for (const Key of [
      `images/${image.image_id}.png`,
      `portraits/${world.world_id}/${piece_id}_portrait.png`,
    ])
      await s3.send(new DeleteObjectCommand({ Bucket: imagesBucket, Key }));

    const result = await audit();

    const names = result.orphans.map(({ key }) => key);
    expect(names).toEqual(expect.arrayContaining([...orphans, misplaced].map(({ Key }) => Key)));
    const missing = [image.image_id, hidden.image_id, piece_id];
    expect(result.missing.map((row) => row.id).sort()).toEqual(missing.sort());

    // other tests of this run share the buckets: only this test's objects are repaired
    const ours = result.orphans.filter(({ key }) => key.includes(id));
    await fix({ orphans: ours, missing: result.missing, unfinished: [] });
    await sweep(stack);

    await s3.send(new DeleteObjectCommand(misplaced));

    const after = await audit();
    // a backfilled product's row may point to it, so it is kept
    expect(after.orphans.filter(({ key }) => key.includes(id))).toEqual([
      { bucket: "images", key: backfilled.Key, unknownWorld: true },
    ]);
    expect(after.missing).toEqual([]);
    expect((await client.getWorld(world)).world.pieces[0]).toMatchObject({
      portrait_status: "failed",
      portrait_error: "The stored image is missing: send it again",
      details: { traits: ["Fearless"] },
    });
    for (const { image_id } of [image, hidden])
      await expect(client.getImage({ image_id })).rejects.toMatchObject({
        code: "image.not_found",
      });
  });

  test("finds the object of a rejected upload that nothing erases, and none of a failed re-host", async ({
    stack,
    owner: { client },
  }) => {
    const [rejected, failed] = [
      await client.upload(fileOf(await png(64, "#303132"))),
      await client.upload(fileOf(await png(64, "#404142"))),
    ];
    await stack.sql`
      update images set status = 'rejected', url = null, key = null where image_id = ${rejected.image_id}
    `;
    await stack.sql`
      update images set status = 'failed', url = null, key = null where image_id = ${failed.image_id}
    `;
    expect((await fetch(rejected.url!)).status).toBe(200);

    // other tests of this file leave portraits behind
    const found = await auditOwnRows(stack);
    const result = {
      ...found,
      orphans: found.orphans.filter(({ key }) => key.startsWith("images/")),
    };

    const orphan = {
      bucket: "images",
      key: `images/${rejected.image_id}.png`,
      unknownWorld: false,
    };
    expect(result.orphans).toEqual([orphan]);
    await fix(result);
    expect((await auditOwnRows(stack)).orphans).not.toContainEqual(orphan);
    await sweep(stack);
    expect((await fetch(rejected.url!)).status).toBe(404);
  });
});

test("the audit knows what a dead worker stored, and finds what came back after it was removed", async ({
  stack,
  owner: { client },
}) => {
  const { imagesBucket, incomingBucket, ...keys } = inject("backends").r2;
  const s3 = s3Client(keys);
  const [pending, finished] = [
    await client.upload(fileOf(await png(64, "#505152"))),
    await client.upload(fileOf(await png(64, "#606162"))),
  ];
  await stack.sql`
    update images set status = 'pending', url = null, key = null where image_id = ${pending.image_id}
  `;
  await stack.sql`update images set url_expires_at = null where image_id = ${finished.image_id}`;
  const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
  const { world_id, pieces } = world;
  const { piece_id } = pieces[0]!;
  await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
  const Key = `portraits/${world_id}/${piece_id}_portrait.png`;
  await client.deleteWorld({ world_id });
  await stack.sql`update erasure_objects set erase_after = now(), final_after = now()`;
  await sweep(stack);
  await s3.send(new PutObjectCommand({ Bucket: imagesBucket, Key, Body: "x" }));

  const { orphans } = await audit();
  const ids = [pending.image_id, finished.image_id, piece_id];
  const ours = orphans.filter(({ key }) => ids.some((id) => key.includes(id)));
  expect(ours).toEqual([
    { bucket: "images", key: Key, unknownWorld: false },
    { bucket: "incoming", key: `uploads/${finished.image_id}`, unknownWorld: false },
  ]);
  for (const [bucket, key] of [
    [imagesBucket, Key],
    [incomingBucket, `uploads/${finished.image_id}`],
  ])
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
});

test("the audit's repair leaves a portrait that was replaced meanwhile", async ({
  stack,
  owner: { client },
}) => {
  const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
  const { piece_id } = world.pieces[0]!;
  await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
  const before = await client.getWorld(world);
  const url = `${stack.cdn}/portraits/${world.world_id}/${piece_id}_portrait_v0.png`;
  const missing = [{ kind: "portrait", id: piece_id, url, private_key: null } as const];
  await fix({ orphans: [], missing, unfinished: [] });
  expect(await client.getWorld(world)).toEqual(before);
});

test("the audit knows the zips of exports that are pending, ready or being erased, and finds others", async ({
  stack,
  owner: { client },
}) => {
  const { privateBucket: Bucket, ...keys } = inject("backends").r2;
  const s3 = s3Client(keys);
  const { dataset_id } = await datasetToExport(client, {});
  const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
  const zip = objectKeys.exportFile(export_id, 0);
  const others = [objectKeys.exportFile(export_id, 1), objectKeys.exportFile(randomUUID(), 0)];
  for (const Key of others) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  const found = async () => {
    const { orphans } = await audit();
    return orphans.filter(({ key }) => [zip, ...others].includes(key)).map(({ key }) => key);
  };
  await s3.send(new PutObjectCommand({ Bucket, Key: zip, Body: "x" }));
  expect((await found()).sort()).toEqual(others.sort()); // an attempt that did not record its end
  await deliver(stack, "ExportQueue", await messagesOf(stack.sql, export_id));
  expect((await client.getExport({ export_id })).export.status).toBe("ready");
  expect((await found()).sort()).toEqual(others.sort());

  await client.deleteExport({ export_id });
  expect((await found()).sort()).toEqual(others.sort());
  await stack.sql`delete from erasure_objects where key = ${zip}`;
  expect((await found()).sort()).toEqual([zip, ...others].sort());

  for (const Key of [zip, ...others]) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  s3.destroy();
});

test("the audit finds uploads that were begun in parts an hour ago, and aborts them", async () => {
  const { privateBucket: Bucket, ...keys } = inject("backends").r2;
  const s3 = s3Client(keys);
  const Key = `exports/${randomUUID()}/0.zip`;
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const ours = ({ unfinished }: AuditResult) => unfinished.filter(({ key }) => key === Key);
  const later = { now: Date.now() + 61 * 60_000 };

  expect(ours(await audit())).toEqual([]); // it may still be written
  const unfinished = ours(await audit(later));
  expect(unfinished).toMatchObject([{ bucket: "private", key: Key, upload_id: UploadId }]);

  for (const _ of ["first", "again"]) await fix({ orphans: [], missing: [], unfinished });
  expect(ours(await audit(later))).toEqual([]);
  s3.destroy();
});

/** The audit's result for this file's own rows: the buckets are shared with the other files. */
async function auditOwnRows({ sql }: TestStack) {
  const { orphans, missing } = await audit();
  const ids = (
    await sql`
      select image_id as id from images union select piece_id from lore_pieces
      union select export_id from exports
    `
  ).map((row) => String(row.id));
  const ours = orphans.filter(({ key }) => ids.some((id) => key.includes(id)));
  return { orphans: ours, missing, unfinished: [] };
}
