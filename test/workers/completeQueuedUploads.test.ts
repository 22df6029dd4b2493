import { randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { listFailed, redrive } from "@keepsake/ops/deadLetters/deadLetters";
import { v7 as uuidv7 } from "uuid";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { unaltered } from "../support/alteringProxy.ts";
import { gpsJpeg, noisePng, png } from "../support/images.ts";
import { deliver, newOwner, sweep, type TestStack } from "../support/stack.ts";
import { stackWithAlteredR2 } from "../support/stackWithAlteredR2.ts";
import { bytesAt, putTo, uploadRequest } from "../support/uploadRequests.ts";
import {
  hasIncoming,
  passUploadTime,
  putIncoming,
  removeIncoming,
  sweepAndDeliver,
  uploadRow,
} from "../support/uploadTimeAndObjects.ts";

let stack: TestStack;
let r2: Awaited<ReturnType<typeof stackWithAlteredR2>>["r2"];

beforeAll(async () => {
  ({ stack, r2 } = await stackWithAlteredR2());
});
afterEach(async () => {
  r2.alter = unaltered;
  await stack.sql`delete from images`;
});
afterAll(async () => {
  await stack.stop();
  await r2.stop();
});

const minute = 60;

/** An upload whose file has arrived and that no page completes. */
async function abandoned(bytes?: Buffer, type?: string) {
  const owner = newOwner(stack);
  const file = bytes ?? (await png(64));
  const ticket = await owner.client.presignUpload(uploadRequest(file, type));
  expect((await putTo(ticket, file)).status).toBe(200);
  return { ...owner, ...ticket, file };
}

const messageOf = ({ upload_id }: { upload_id: string }) => ({ upload_id });

test("an upload whose page was closed during the PUT stores nothing and expires", async () => {
  const { client } = newOwner(stack);
  const bytes = await noisePng(340);
  const ticket = await client.presignUpload(uploadRequest(bytes));
  const { url, headers, upload_id } = ticket;
  const length = { "content-length": String(bytes.length) };
  const { host, pathname, search } = new URL(url);
  const request = http.request(new URL(pathname + search, inject("backends").r2.endpoint), {
    method: "PUT",
    headers: { ...headers, ...length, host }, // past the proxy, which needs whole requests
  });
  const closed = new Promise((resolve) => request.on("close", resolve));
  request.on("error", () => {}); // it is destroyed below
  await new Promise((sent) => request.write(bytes.subarray(0, bytes.length / 2), sent));
  const refused = once(request, "response").catch(() => {});
  expect(await Promise.race([refused, sleep(200, "still sending")])).toBe("still sending");
  request.destroy();
  await closed;

  await passUploadTime(stack, 62 * minute);
  await sweepAndDeliver(stack);
  expect(await uploadRow(stack, upload_id)).toMatchObject({ error_code: "upload.expired" });
  expect(await hasIncoming(upload_id)).toBe(false);
});

describe("an upload whose page was closed right after the PUT", () => {
  test("is published within 7 minutes, and is what a later completion answers", async () => {
    const upload = await abandoned();
    await passUploadTime(stack, 4 * minute);
    await sweepAndDeliver(stack);
    expect(await uploadRow(stack, upload.upload_id)).toMatchObject({ status: "pending" });

    await passUploadTime(stack, 2 * minute); // the URL expires after 5, the sweep runs every minute
    await sweepAndDeliver(stack);

    const { images } = await upload.client.listImages();
    expect(images).toMatchObject([{ image_id: upload.upload_id, status: "published" }]);
    expect(upload.file.equals(await bytesAt(images[0]!.url))).toBe(true);
    expect(await upload.client.completeUpload(upload)).toEqual({ image: images[0] });
    await sweep(stack);
    expect(await hasIncoming(upload.upload_id)).toBe(false);
  });

  test("is sanitized like any other", async () => {
    const { client } = await abandoned(await gpsJpeg(340, 300), "image/jpeg");
    await passUploadTime(stack, 6 * minute);
    await sweepAndDeliver(stack);
    const [image] = (await client.listImages()).images;
    expect(image).toMatchObject({ status: "published", content_type: "image/jpeg" });
    expect((await bytesAt(image!.url)).includes("GPS")).toBe(false);
  });

  test("is rejected with the reason when the file is no image", async () => {
    const upload = await abandoned(randomBytes(200));
    await passUploadTime(stack, 6 * minute);
    await sweepAndDeliver(stack);
    await expect(upload.client.completeUpload(upload)).rejects.toMatchObject({
      code: "image.unsupported",
    });
  });

  test("is published days later when the queue was down until then", async () => {
    const upload = await abandoned();
    await passUploadTime(stack, 3 * 24 * 60 * minute);
    await sweepAndDeliver(stack);
    expect((await upload.client.listImages()).images).toHaveLength(1);
  });

  test("is published although the previous release reserved it", async () => {
    const { sub, client } = newOwner(stack);
    const bytes = await png(64);
    const image_id = uuidv7();
    const { size, sha256: source_sha256, content_type } = uploadRequest(bytes);
    const row = { image_id, owner_id: `user:${sub}`, content_type, bytes: size, source_sha256 };
    await stack.sql`select reserve_upload(${stack.sql.json(row)}, 20, 200000000::bigint, 300, 3600)`;
    await putIncoming(image_id, bytes);
    await passUploadTime(stack, 4 * minute);
    await sweepAndDeliver(stack);
    expect(await uploadRow(stack, image_id)).toMatchObject({ status: "pending", queued_at: null });
    await passUploadTime(stack, 2 * minute);
    await sweepAndDeliver(stack);
    expect((await client.listImages()).images).toMatchObject([{ image_id }]);
  });

  test("is published by another message when the queue lost the first, and again when that was lost", async () => {
    const { client } = await abandoned();
    await passUploadTime(stack, 6 * minute);
    await sweep(stack);
    await sweep(stack, { queue_lost: true });
    await stack.sql`update images set queued_at = now() - interval '2 hours'`;
    const before = await requeues();
    await sweep(stack);
    expect(await requeues()).toBe(before + 1);
    await sweepAndDeliver(stack);
    expect((await client.listImages()).images).toHaveLength(1);
  });
});

const requeues = async () => (await stack.sql`select requeues from images`)[0]?.requeues;

describe("an upload of which nothing has arrived when its URL has expired", () => {
  test("stays pending, and is looked for once more 60 s after it has expired: a slow PUT is published", async () => {
    const upload = await abandoned();
    const { upload_id } = upload;
    await removeIncoming(upload_id);
    await passUploadTime(stack, 6 * minute);
    await sweepAndDeliver(stack);
    const row = await uploadRow(stack, upload_id);
    expect(row).toMatchObject({ status: "pending", attempts: 0 });
    expect(row!.retry_at - row!.expires_at).toBe(60_000);

    expect((await putTo(upload, upload.file)).status).toBe(200); // by R2's clock the URL is valid
    await passUploadTime(stack, 54.5 * minute);
    await sweepAndDeliver(stack);
    expect(await uploadRow(stack, upload_id)).toMatchObject({ status: "pending" });
    await passUploadTime(stack, minute);
    await sweepAndDeliver(stack);
    expect(await uploadRow(stack, upload_id)).toMatchObject({ status: "published" });
  });

  test("is expired 61 minutes after it was begun, and no sooner", async () => {
    const { client } = newOwner(stack);
    const ticket = await client.presignUpload(uploadRequest(randomBytes(10)));
    const statusAfter = async (seconds: number) => {
      await passUploadTime(stack, seconds);
      await sweepAndDeliver(stack);
      const row = await uploadRow(stack, ticket.upload_id);
      return row?.error_code ?? row?.status;
    };
    expect(await statusAfter(6 * minute)).toBe("pending");
    expect(await statusAfter(54.5 * minute)).toBe("pending");
    expect(await statusAfter(minute)).toBe("upload.expired");
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code: "upload.expired" });
    expect(await stack.sql`select 1 from erasures`).toEqual([]); // nothing was stored
  });

  test("is expired only after a look, not by the time that passed while the queue was down", async () => {
    const { client } = newOwner(stack);
    const ticket = await client.presignUpload(uploadRequest(randomBytes(10)));
    await passUploadTime(stack, 3 * 24 * 60 * minute);
    await sweep(stack);
    expect(await uploadRow(stack, ticket.upload_id)).toMatchObject({ status: "pending" });
  });
});

describe("the consumer of uploads and a caller that completes one at the same moment", () => {
  test("publish one image, and both succeed", async () => {
    const uploads = await Promise.all(Array.from({ length: 4 }, () => abandoned()));
    await passUploadTime(stack, 6 * minute);
    const results = await Promise.all(
      uploads.flatMap((upload) => [
        upload.client.completeUpload(upload).then(({ image }) => image.status),
        deliver(stack, "UploadQueue", [messageOf(upload)]),
      ]),
    );
    expect(results).toEqual(uploads.flatMap(() => ["published", []]));
    for (const { client, cdn, upload_id } of uploads.map((each) => ({ ...each, cdn: stack.cdn }))) {
      expect((await client.listImages()).images).toHaveLength(1);
      expect((await fetch(`${cdn}/images/${upload_id}.png`)).status).toBe(200);
    }
  });

  test("leave nothing public when the upload is cancelled meanwhile", async () => {
    const upload = await abandoned();
    r2.alter = async ({ method, path }, response) => {
      if (method === "PUT" && path.includes(upload.upload_id)) {
        r2.alter = unaltered;
        await upload.client.cancelUpload(upload);
      }
      return response;
    };
    expect(await deliver(stack, "UploadQueue", [messageOf(upload)])).toEqual([]);
    expect((await fetch(`${stack.cdn}/images/${upload.upload_id}.png`)).status).toBe(404);
    expect(await uploadRow(stack, upload.upload_id)).toBeUndefined();
  });
});

describe("an upload that cannot be stored", () => {
  const refuse = (id: string) => {
    r2.alter = ({ method, path }, response) =>
      method === "PUT" && path.includes(id) ? { ...response, status: 403, body: empty } : response;
  };
  const empty = Buffer.alloc(0);

  test("is delivered again, and costs the other of its batch nothing", async () => {
    const [bad, good] = [await abandoned(), await abandoned()];
    await stack.sql`update images set attempts = 1 where image_id = ${bad.upload_id}`;
    refuse(bad.upload_id);
    expect(await deliver(stack, "UploadQueue", [bad, good].map(messageOf))).toEqual([0]);
    expect(await uploadRow(stack, good.upload_id)).toMatchObject({ status: "published" });
    expect(await uploadRow(stack, bad.upload_id)).toMatchObject({
      status: "pending",
      attempts: 2,
      error: expect.stringContaining("It is tried again."),
    });
  });

  test("has failed after 12 attempts, keeps what arrived, and a redrive publishes it", async () => {
    const upload = await abandoned();
    const { upload_id } = upload;
    await passUploadTime(stack, 6 * minute);
    await sweep(stack);
    await stack.sql`update images set attempts = 11`;
    refuse(upload_id);
    expect(await deliver(stack, "UploadQueue", [messageOf(upload)])).toEqual([]);
    expect(await uploadRow(stack, upload_id)).toMatchObject({ status: "failed", attempts: 12 });
    await expect(upload.client.completeUpload(upload)).rejects.toMatchObject({
      code: "service.unavailable",
    });
    await sweep(stack);
    expect(await hasIncoming(upload_id)).toBe(true);
    expect(await listFailed()).toMatchObject({ images: 1 });

    r2.alter = unaltered;
    expect(await redrive()).toMatchObject({ reset: 1 });
    await sweepAndDeliver(stack);
    expect((await upload.client.completeUpload(upload)).image.status).toBe("published");
  });

  test("has failed when the last attempt ended its function", async () => {
    const { upload_id } = await abandoned();
    await passUploadTime(stack, 6 * minute);
    await sweep(stack);
    await stack.sql`update images set attempts = 12, attempted_at = now() - interval '59 seconds'`;
    await sweep(stack);
    expect(await uploadRow(stack, upload_id)).toMatchObject({ status: "pending" });
    await stack.sql`update images set attempted_at = now() - interval '61 seconds'`;
    await sweep(stack);
    expect(await uploadRow(stack, upload_id)).toMatchObject({ status: "failed" });
    expect(await hasIncoming(upload_id)).toBe(true);
  });

  test("although callers tried often has as many attempts by the queue as any other", async () => {
    const { upload_id, client } = await abandoned();
    await stack.sql`update images set attempts = 30, attempted_at = now() - interval '1 hour'`;
    await passUploadTime(stack, 6 * minute);
    await sweepAndDeliver(stack);
    expect(await uploadRow(stack, upload_id)).toMatchObject({ status: "published", attempts: 2 });
    expect((await client.listImages()).images).toHaveLength(1);
  });
});
