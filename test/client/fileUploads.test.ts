import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Client } from "@keepsake/client/client";
import { fileUploads } from "@keepsake/client/fileUploads";
import { build } from "esbuild";
import { describe, expect } from "vitest";
import { fileOf } from "../support/files.ts";
import { png } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

type Presigned = { method: string; url: string; headers: Record<string, string> };

const send = async ({ method, url, headers }: Presigned, body: Blob) =>
  (await fetch(url, { method, headers, body })).status;

/** The client, and the ids of the uploads that were presigned and cancelled by it. */
function recorded(client: Client) {
  const presigned: string[] = [];
  const cancelled: string[] = [];
  const recording: Pick<Client, "presignUpload" | "completeUpload" | "cancelUpload"> = {
    presignUpload: async (request: Parameters<Client["presignUpload"]>[0]) => {
      const ticket = await client.presignUpload({ ...request, reuse: false });
      presigned.push(ticket.upload_id);
      return ticket;
    },
    completeUpload: client.completeUpload,
    cancelUpload: (input) => {
      cancelled.push(input.upload_id);
      return client.cancelUpload(input);
    },
  };
  return { client: recording, presigned, cancelled };
}

describe("the uploads of a widget that sends the files itself", () => {
  test("publish a file under its name, as the options say", async ({ owner: { client } }) => {
    const uploads = fileUploads(client, { visibility: "private" });
    const file = fileOf(await png(32, "#f10001"));
    expect(await send(await uploads.presign(file), file)).toBe(200);
    const image = await uploads.complete(file);
    expect(image).toMatchObject({
      status: "published",
      filename: "photo.png",
      visibility: "private",
    });
  });

  test("cancel the earlier upload when a file is presigned again", async ({ owner }) => {
    const { client, presigned, cancelled } = recorded(owner.client);
    const uploads = fileUploads(client);
    const file = fileOf(await png(32, "#f10002"));
    await uploads.presign(file);
    expect(await send(await uploads.presign(file), file)).toBe(200);
    const { image_id } = await uploads.complete(file);
    expect([presigned[1], cancelled]).toEqual([image_id, [presigned[0]]]);
  });

  test("are cancelled also while the URL is requested", async ({ stack, owner }) => {
    const { client, presigned, cancelled } = recorded(owner.client);
    const uploads = fileUploads(client);
    const file = fileOf(await png(32, "#f10003"));
    const presigning = uploads.presign(file);
    uploads.cancel(file);
    await presigning;
    await expect.poll(() => cancelled).toEqual(presigned);
    const rows = () => stack.sql`select from images where owner_id = ${`user:${owner.sub}`}`;
    await expect.poll(rows).toHaveLength(0);
  });

  test("are not cancelled once they are published", async ({ owner }) => {
    const { client, cancelled } = recorded(owner.client);
    const uploads = fileUploads(client);
    const file = fileOf(await png(32, "#f10004"));
    await send(await uploads.presign(file), file);
    const completing = uploads.complete(file);
    uploads.cancel(file);
    await completing;
    uploads.cancel(file);
    uploads.cancel(fileOf(await png(32, "#f10005")));
    await sleep(50); // a cancellation would be sent at once
    expect(cancelled).toEqual([]);
  });

  test("reject with the API's error of this file, and can be cancelled then", async ({ owner }) => {
    const { client, presigned, cancelled } = recorded(owner.client);
    const uploads = fileUploads(client);
    const file = fileOf(await png(32, "#f10006"));
    await uploads.presign(file);
    await expect(uploads.complete(file)).rejects.toMatchObject({ code: "upload.not_received" });
    uploads.cancel(file);
    await expect.poll(() => cancelled).toEqual(presigned);

    await expect(uploads.presign(fileOf(Buffer.from("x"), "a.txt", "text/plain"))).rejects.toThrow(
      "content_type",
    );
    await expect(uploads.complete(fileOf(Buffer.from("y")))).rejects.toThrow("Presign the file");
  });

  test("wait with further URLs while 4 files are completed, and say when all are", async ({
    owner,
  }) => {
    const release: (() => void)[] = [];
    const completeUpload: Client["completeUpload"] = async (input) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return owner.client.completeUpload(input);
    };
    const { client, presigned } = recorded(owner.client);
    const uploads = fileUploads({ ...client, completeUpload });
    const files = await Promise.all(
      [1, 2, 3, 4, 5].map(async (number) => fileOf(await png(32, `#f2000${number}`))),
    );
    const completed: unknown[] = [];
    const completions: Promise<unknown>[] = [];
    for (const file of files.slice(0, 4)) {
      await send(await uploads.presign(file), file);
      completions.push(uploads.complete(file).then(({ status }) => completed.push(status)));
    }
    const fifth = uploads.presign(files[4]!);
    const all = uploads.allCompleted().then(() => completed.length);
    await sleep(50);
    expect([presigned.length, release.length]).toEqual([4, 4]);

    release[0]!();
    await fifth;
    expect(presigned).toHaveLength(5);
    for (const each of release) each();
    expect(await all).toBe(4);
    await Promise.all(completions);
  });
});

test("are 0.7 kB for a page, gzipped, without the client", async () => {
  const entry = createRequire(import.meta.url).resolve("@keepsake/client/fileUploads");
  const { outputFiles } = await build({
    entryPoints: [entry],
    ...{ bundle: true, splitting: true, minify: true, format: "esm", outdir: "/", write: false },
  });
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(720);
});
