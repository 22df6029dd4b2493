import type { Sent } from "@keepsake/contract/api";
import { describe, expect } from "vitest";
import {
  connectionFails,
  faultyFetch,
  respondsWith,
  responseLost,
} from "../support/faultyFetch.ts";
import { fileOf } from "../support/files.ts";
import { png } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

describe("client.upload", () => {
  test("retries when the connection fails or R2 is busy", async ({ owner: { client } }) => {
    const faulty = faultyFetch(connectionFails, respondsWith(503), respondsWith(429));
    const image = await client.upload(fileOf(await png(32, "#111213")), { fetch: faulty.fetch });
    expect(image.status).toBe("published");
    expect(faulty.sent()).toBe(4);
  });

  test("treats 412 after a lost response as stored", async ({ owner: { client } }) => {
    const faulty = faultyFetch(responseLost);
    const image = await client.upload(fileOf(await png(32, "#121314")), { fetch: faulty.fetch });
    expect(image.status).toBe("published");
    expect(faulty.sent()).toBe(2);
  });

  test("gives up after four attempts with an error that says to try again", async ({ owner }) => {
    const faulty = faultyFetch(...Array(4).fill(connectionFails));
    const attempt = owner.client.upload(fileOf(await png(32, "#131415")), { fetch: faulty.fetch });
    await expect(attempt).rejects.toMatchObject({ code: "service.unavailable" });
    expect(faulty.sent()).toBe(4);
  });

  test.for(["IncompleteBody", "RequestTimeout"])(
    "sends the file again when R2 answers 400 %s",
    async (code, { owner: { client } }) => {
      const cut = respondsWith(400, `<Error><Code>${code}</Code></Error>`);
      const faulty = faultyFetch(cut);
      const image = await client.upload(fileOf(await png(32, "#131416")), { fetch: faulty.fetch });
      expect(image.status).toBe("published");
      expect(faulty.sent()).toBe(2);
    },
  );

  test("does not retry a rejected file", async ({ owner: { client } }) => {
    const faulty = faultyFetch(respondsWith(400));
    const attempt = client.upload(fileOf(await png(32, "#141516")), { fetch: faulty.fetch });
    await expect(attempt).rejects.toMatchObject({ code: "upload.refused" });
    expect(faulty.sent()).toBe(1);
  });

  test("requests another URL once when the first has expired", async ({ owner }) => {
    const { client } = owner;
    const uploadIds: string[] = [];
    const clientWithExpiredUrl = {
      ...client,
      async presignUpload(request: Sent<"presignUpload">) {
        const presigned = await client.presignUpload({ ...request, reuse: false });
        uploadIds.push(presigned.upload_id);
        const isFirst = uploadIds.length === 1;
        return isFirst ? { ...presigned, url_expires_at: new Date(0).toISOString() } : presigned;
      },
    };
    const faulty = faultyFetch(respondsWith(403));
    const { upload } = await import("@keepsake/client/upload");

    const file = fileOf(await png(32, "#151617"));
    const image = await upload(clientWithExpiredUrl, file, { fetch: faulty.fetch });

    expect(image.image_id).toBe(uploadIds[1]);
    expect(faulty.sent()).toBe(2);
  });

  test("stops retrying when it is aborted", async ({ owner: { client } }) => {
    const abort = new AbortController();
    const faulty = faultyFetch(connectionFails, async () => {
      abort.abort();
      throw new TypeError("fetch failed");
    });
    const file = fileOf(await png(32, "#161718"));
    const attempt = client.upload(file, { fetch: faulty.fetch, signal: abort.signal });
    await expect(attempt).rejects.toMatchObject({ name: "AbortError" });
    expect(faulty.sent()).toBe(2);
    expect((await client.listImages()).images).toEqual([]);
  });

  test("reports progress up to the last byte", async ({ owner: { client } }) => {
    const file = fileOf(await png(32, "#171819"));
    const progress: unknown[] = [];
    await client.upload(file, { onProgress: (now) => progress.push(now) });
    expect(progress.at(-1)).toEqual({ loaded: file.size, total: file.size });
  });
});
