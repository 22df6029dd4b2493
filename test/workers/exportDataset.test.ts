import { setTimeout as sleep } from "node:timers/promises";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { exportDataset } from "@keepsake/core/exports/exportDataset";
import { claim, finish } from "@keepsake/core/exports/exportFiles.sql";
import { RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { ImageBucket } from "@keepsake/core/ports";
import { retryPolicy } from "@keepsake/core/retryPolicy";
import { images, privateImages } from "@keepsake/functions/services/buckets";
import { sql as database } from "@keepsake/functions/services/database";
import { decoder } from "@keepsake/functions/services/decoder";
import { exportStore } from "@keepsake/functions/services/exportStore";
import { exportQueue } from "@keepsake/functions/services/queues";
import { invoke } from "@keepsake/local/aws/lambda";
import { describe, expect, inject, onTestFinished } from "vitest";
import { datasetToExport, messagesOf, passLeases } from "../support/exports/datasetToExport.ts";
import { exportObjects, nothingLeft } from "../support/exports/exportObjects.ts";
import { heldConsumer } from "../support/exports/heldConsumer.ts";
import {
  deliver,
  type Owner,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { untilWaiting } from "../support/tableGate.ts";
import { bytesAt, sha256Of } from "../support/uploadRequests.ts";

/** A running export of one zip, and its message. */
async function runningExport({ sql }: TestStack, { client }: Owner) {
  const { dataset_id, images } = await datasetToExport(client);
  const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
  const [message] = await messagesOf(sql, export_id);
  return { dataset_id, export_id, images, message: message! };
}

async function fileRow({ sql }: TestStack, export_id: string) {
  const [row] = await sql`select * from export_files where export_id = ${export_id}`;
  return row;
}

/** What a sweep has queued again and failed of exports. */
async function sweepExports({ functions }: TestStack) {
  const report = await invoke(functions.schedules.sweep, {});
  return (report as { exports: { requeued: number; unsent: number; failed: number } }).exports;
}

/** As if the last removal of everything deleted were due. */
const passErasures = ({ sql }: TestStack) => sql`
  update erasure_objects set erase_after = now(), final_after = now() where erased_at is null
`;

const policy = retryPolicy("ExportQueue");

describe("two deliveries of a message", () => {
  test("write one zip: the second leaves a zip alone that is being written", async ({
    stack,
    owner,
  }) => {
    const { export_id, message } = await runningExport(stack, owner);
    const first = heldConsumer(message);
    onTestFinished(() => first.release());
    await first.writing;
    expect(await deliver(stack, "ExportQueue", [message])).toEqual([]);
    expect(await fileRow(stack, export_id)).toMatchObject({ status: "pending", attempts: 1 });
    first.release();
    expect(await first.outcome()).toMatchObject({ status: "ready", attempts: 1 });
    expect((await owner.client.getExport({ export_id })).export.status).toBe("ready");
  });

  test("that come after the zip is written change nothing", async ({ stack, owner }) => {
    const { export_id, message } = await runningExport(stack, owner);
    await deliver(stack, "ExportQueue", [message]);
    const { export: before } = await owner.client.getExport({ export_id });
    expect(await deliver(stack, "ExportQueue", [message])).toEqual([]);
    expect((await owner.client.getExport({ export_id })).export).toEqual(before);
  });

  test("to a consumer that lost its lease keep the zip of the one that took over", async ({
    stack,
    owner,
  }) => {
    const { export_id, message } = await runningExport(stack, owner);
    const stalled = heldConsumer(message);
    onTestFinished(() => stalled.release());
    await stalled.writing;
    await stack.sql`
      update export_files set lease = gen_random_uuid(), leased_until = now() - interval '1 second'
      where export_id = ${export_id}
    `;
    await deliver(stack, "ExportQueue", [message]);
    stalled.release();
    expect(await stalled.outcome()).toMatchObject({ status: "cancelled" });
    const [file] = (await owner.client.getExport({ export_id })).export.files;
    expect(sha256Of(await bytesAt(file!.url))).toBe(file!.sha256);
    expect((await exportObjects(export_id)).unfinished).toEqual([]);
  });
});

test("an export is ready when its last two zips are written at once", async ({ stack, owner }) => {
  const { sql } = stack;
  const { export_id, message } = await runningExport(stack, owner);
  await sql`
    insert into export_files (export_id, file_index, filename, queue_after)
    values (${export_id}, 1, 'second.zip', now())
  `;
  const files = await Promise.all(
    [message, { export_id, file_index: 1 }].map((each) => claim(sql, each, policy)),
  );
  const zip = { bytes: 1, sha256: "0".repeat(64) };
  const finishing = await sql.begin(async (tx) => {
    await tx`select 1 from exports where export_id = ${export_id} for update`;
    const both = files.map((file) => finish(database(), file!, zip, 60));
    await untilWaiting(tx as unknown as typeof sql, 2);
    return { both };
  });
  const ends = (await Promise.all(finishing.both)).map(({ status }) => status);
  expect(ends.sort()).toEqual(["ready", "written"]);
});

describe("a zip whose consumer died", () => {
  test("is queued again by the first sweep after its lease, and not before", async ({
    stack,
    owner,
  }) => {
    const { export_id, message } = await runningExport(stack, owner);
    const claimed = await claim(stack.sql, message, policy);
    expect(claimed).toMatchObject({ attempts: 1 });
    const { leased_until } = (await fileRow(stack, export_id))!;
    expect(leased_until.getTime() - Date.now()).toBeLessThanOrEqual(90_000);
    expect(await sweepExports(stack)).toMatchObject({ requeued: 0 });
    await stack.sql`
      update export_files
      set leased_until = leased_until - interval '91 seconds',
          queue_after = queue_after - interval '91 seconds'
      where export_id = ${export_id}
    `;
    expect(await sweepExports(stack)).toMatchObject({ requeued: 1 });
    await deliver(stack, "ExportQueue", [message]);
    expect((await owner.client.getExport({ export_id })).export.status).toBe("ready");
  });

  test("in its last attempt fails the export, and leaves nothing", async ({ stack, owner }) => {
    const { export_id, message } = await runningExport(stack, owner);
    await stack.sql`
      update export_files set attempts = ${policy.maxAttempts - 1} where export_id = ${export_id}
    `;
    const died = heldConsumer(message, { renewSeconds: 3_600 });
    onTestFinished(() => died.release());
    await died.writing;
    expect((await exportObjects(export_id)).unfinished).toHaveLength(1);
    await passLeases(stack.sql, export_id);
    expect(await sweepExports(stack)).toMatchObject({ failed: 1, requeued: 0 });
    expect((await owner.client.getExport({ export_id })).export).toMatchObject({
      status: "failed",
      error: {
        code: "export.failed",
        message: expect.stringMatching(/6 attempts.*smaller `size`/),
      },
    });
    expect(await exportObjects(export_id)).toEqual(nothingLeft);
  });

  test("is due at once when its queue lost all messages", async ({ stack, owner }) => {
    const { message } = await runningExport(stack, owner);
    await claim(stack.sql, message, policy);
    const report = await invoke(stack.functions.schedules.sweep, { queue_lost: true });
    expect(report).toMatchObject({ exports: { requeued: 1 } });
  });
});

test("an export whose zip has used up its attempts fails when the queue lost all messages", async ({
  stack,
  owner,
}) => {
  const { export_id, message } = await runningExport(stack, owner);
  await claim(stack.sql, message, policy);
  await stack.sql`
    update export_files set attempts = ${policy.maxAttempts} where export_id = ${export_id}
  `;
  const report = await invoke(stack.functions.schedules.sweep, { queue_lost: true });
  expect(report).toMatchObject({ exports: { failed: 1 } });
  expect((await owner.client.getExport({ export_id })).export.status).toBe("failed");
});

describe("while its zip is written, an export", () => {
  test.for([
    [
      "is deleted",
      async ({ client }: Owner, { export_id }: { export_id: string }) => {
        await client.deleteExport({ export_id });
      },
    ],
    [
      "loses an image",
      async ({ client }: Owner, { images }: { images: { image_id: string }[] }) => {
        await client.deleteImage({ image_id: images[0]!.image_id, force: true });
      },
    ],
    [
      "is erased with its owner",
      async ({ client }: Owner) => {
        await client.eraseOwner();
      },
    ],
  ] as const)(
    "%s: the consumer stops, and neither a zip nor a part of one is left",
    async ([, end], { stack, owner }) => {
      const running = await runningExport(stack, owner);
      const { export_id, message } = running;
      const consumer = heldConsumer(message);
      onTestFinished(() => consumer.release());
      await consumer.writing;
      await end(owner, running as never);
      // it still holds: the renewal of its lease ends it
      expect(await consumer.outcome()).toMatchObject({ status: "cancelled" });
      expect(await exportObjects(export_id)).toEqual(nothingLeft);
      await sweep(stack);
      await passErasures(stack);
      await sweep(stack);
      expect(await exportObjects(export_id)).toEqual(nothingLeft);
      expect(await deliver(stack, "ExportQueue", [message])).toEqual([]);
      expect(await exportObjects(export_id)).toEqual(nothingLeft);
    },
  );

  test("is deleted, and its consumer does not learn of it: the last removal takes what it has written", async ({
    stack,
    owner,
  }) => {
    const { export_id } = await runningExport(stack, owner);
    await owner.client.deleteExport({ export_id });
    await sweep(stack);
    const { r2 } = inject("backends");
    const s3 = s3Client(r2);
    const Key = `exports/${export_id}/0.zip`;
    await s3.send(new PutObjectCommand({ Bucket: r2.privateBucket, Key, Body: "late" }));
    await sweep(stack);
    expect((await exportObjects(export_id)).zips).toHaveLength(1); // not due for 16 minutes
    await passErasures(stack);
    await sweep(stack);
    expect(await exportObjects(export_id)).toEqual(nothingLeft);
    s3.destroy();
  });
});

describe("an error", () => {
  test("that may pass is tried again after 30 seconds, and after six attempts the export has failed", async ({
    stack,
    owner,
  }) => {
    const { export_id, images, message } = await runningExport(stack, owner);
    await stack.sql`
      update images set sha256 = ${"0".repeat(64)} where image_id = ${images[0]!.image_id}
    `;
    expect(await deliver(stack, "ExportQueue", [message])).toEqual([]);
    expect(await fileRow(stack, export_id)).toMatchObject({
      ...{ status: "pending", attempts: 1, lease: null, error: "RetryableError" },
    });
    expect(await deliver(stack, "ExportQueue", [message])).toEqual([]);
    expect(await fileRow(stack, export_id)).toMatchObject({ attempts: 1 }); // not due
    for (let attempt = 2; attempt <= 6; attempt += 1) {
      await passLeases(stack.sql, export_id);
      await deliver(stack, "ExportQueue", [message]);
    }
    expect((await owner.client.getExport({ export_id })).export).toMatchObject({
      status: "failed",
      error: {
        code: "export.failed",
        message: "The export could not be written in 6 attempts (RetryableError): start a new one",
      },
    });
    await sweep(stack);
    expect(await exportObjects(export_id)).toEqual(nothingLeft);
  });

  test("leaves no read of an image in flight when the consumer ends", async ({ stack, owner }) => {
    const { message } = await runningExport(stack, owner);
    let inFlight = 0;
    const began = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<void>();
    const slow = <Store extends ImageBucket>(bucket: Store): Store => ({
      ...bucket,
      async get(key, maxBytes) {
        inFlight += 1;
        began.resolve();
        await failed.promise;
        await sleep(500);
        inFlight -= 1;
        return bucket.get(key, maxBytes);
      },
    });
    await exportDataset(
      {
        sql: database(),
        images: slow(images()),
        privateImages: slow(privateImages()),
        decoder: decoder(),
        exportQueue: exportQueue(),
        exportStore: {
          ...exportStore(),
          async write(_, chunks) {
            const chunk = chunks[Symbol.asyncIterator]().next();
            chunk.catch(() => {}); // comes after the failure
            await began.promise;
            failed.resolve();
            throw new RetryableError("The store is down");
          },
        },
        onOutcome() {},
      },
      [message],
    );
    expect(inFlight).toBe(0);
  });

  test("that has passed leaves a ready export", async ({ stack, owner }) => {
    const { export_id, images, message } = await runningExport(stack, owner);
    const { image_id, sha256 } = images[0]!;
    const setSha256 = (value: string | null) =>
      stack.sql`update images set sha256 = ${value} where image_id = ${image_id}`;
    await setSha256("0".repeat(64));
    await deliver(stack, "ExportQueue", [message]);
    await setSha256(sha256);
    await passLeases(stack.sql, export_id);
    expect(await sweepExports(stack)).toMatchObject({ requeued: 1 });
    await deliver(stack, "ExportQueue", [message]);
    expect((await owner.client.getExport({ export_id })).export.status).toBe("ready");
  });

  test.for([
    ["an image's file is gone", undefined, "export.failed"],
    ["an image's file is damaged", Buffer.from("RIFF\x10\0\0\0WEBPVP8 broken"), "image.damaged"],
  ] as const)(
    "because %s fails the export at once, with the image's id",
    async ([, body, code], { stack, owner }) => {
      const { export_id, images, message } = await runningExport(stack, owner);
      const [{ image_id }] = images as unknown as [{ image_id: string }];
      await replaceObject(stack, image_id, body);
      await deliver(stack, "ExportQueue", [message]);
      expect((await owner.client.getExport({ export_id })).export).toMatchObject({
        status: "failed",
        error: { code, message: expect.stringContaining(image_id) },
      });
      await sweep(stack);
      expect(await exportObjects(export_id)).toEqual(nothingLeft);
    },
  );
});

describe("a ready export", () => {
  test("expires after 24 hours with its zip, and is forgotten after a week", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { dataset_id, export_id, message } = await runningExport(stack, owner);
    await deliver(stack, "ExportQueue", [message]);
    const pass = (hours: number) => stack.sql`
      update exports set created_at = created_at - make_interval(hours => ${hours}),
                         expires_at = expires_at - make_interval(hours => ${hours})
      where export_id = ${export_id}
    `;
    await pass(23);
    await sweep(stack);
    expect((await client.getExport({ export_id })).export.status).toBe("ready");
    await pass(1);
    await sweep(stack);
    expect(await exportObjects(export_id)).toEqual(nothingLeft);
    expect((await client.getExport({ export_id })).export).toMatchObject({
      status: "expired",
      files: [],
    });
    expect((await client.createExport({ dataset_id, layout: "pairs" })).export.status).toBe(
      "pending",
    );
    await pass(7 * 24);
    await sweep(stack);
    await expect(client.getExport({ export_id })).rejects.toMatchObject({
      code: "export.not_found",
    });
  });
});

/** Puts other bytes, as a WebP, or none in the place of a published image, and says so in its row. */
async function replaceObject({ sql }: TestStack, image_id: string, Body: Buffer | undefined) {
  const { r2 } = inject("backends");
  const s3 = s3Client(r2);
  const [row] = await sql<[{ key: string }]>`select key from images where image_id = ${image_id}`;
  const place = { Bucket: r2.imagesBucket, Key: row.key };
  await s3.send(Body ? new PutObjectCommand({ ...place, Body }) : new DeleteObjectCommand(place));
  s3.destroy();
  if (Body)
    await sql`
      update images set content_type = 'image/webp', bytes = ${Body.length}, sha256 = ${sha256Of(Body)}
      where image_id = ${image_id}
    `;
}
