import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@keepsake/client";
import type { Sent } from "@keepsake/contract/api";
import { describe, expect } from "vitest";
import {
  connectionFails,
  type Fault,
  faultyFetch,
  respondsWith,
  responseLost,
} from "../support/faultyFetch.ts";
import { png } from "../support/images.ts";
import { type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { passUploadTime, sweepAndDeliver } from "../support/uploadTimeAndObjects.ts";

const uploadsOf = async ({ sql }: TestStack, sub: string) => [
  ...(await sql`select status from images where owner_id = ${`user:${sub}`}`),
];

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

  test("requests another URL once when R2 says that the first has expired, whatever the clock of the device says", async ({
    owner: { client },
  }) => {
    const uploadIds: string[] = [];
    const recordingClient = {
      ...client,
      async presignUpload(request: Sent<"presignUpload">) {
        const presigned = await client.presignUpload({ ...request, reuse: false });
        uploadIds.push(presigned.upload_id);
        return presigned; // its URL expires in 5 minutes, as on a device whose clock is slow
      },
    };
    const faulty = faultyFetch(respondsWith(403));
    const { upload } = await import("@keepsake/client/upload");

    const file = fileOf(await png(32, "#151617"));
    const image = await upload(recordingClient, file, { fetch: faulty.fetch });

    expect(image.image_id).toBe(uploadIds[1]);
    expect(faulty.sent()).toBe(2);
  });

  test("gives up when R2 refuses the second URL too", async ({ owner: { client } }) => {
    const faulty = faultyFetch(respondsWith(403), respondsWith(403));
    const attempt = client.upload(fileOf(await png(32, "#151618")), { fetch: faulty.fetch });
    await expect(attempt).rejects.toMatchObject({ code: "upload.refused" });
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

  describe("cancels the upload, so that it takes no quota,", () => {
    const put = { method: "PUT" };
    test.for<[string, Fault[]]>([
      ["when no attempt reached R2", Array(4).fill(connectionFails)],
      ["when R2 rejected the file", [respondsWith(400)]],
    ])("%s", async ([, faults], { stack, owner: { client, sub } }) => {
      const faulty = faultyFetch(...faults);
      const file = fileOf(await png(32, "#181920"));
      await expect(client.upload(file, { fetch: faulty.fetch })).rejects.toThrow();
      await expect.poll(() => uploadsOf(stack, sub)).toEqual([]);
    });

    test("when it is aborted while its URL is requested", async ({ stack, owner: { sub } }) => {
      const abort = new AbortController();
      const answeredLate: typeof fetch = async (url, init) => {
        const response = await fetch(url, { ...init, signal: null });
        abort.abort();
        init?.signal?.throwIfAborted();
        return response;
      };
      const token = () => stack.issuer.sign(sub);
      const client = createClient({ baseUrl: stack.api, token, fetch: answeredLate });
      const attempt = client.upload(fileOf(await png(32, "#181924")), { signal: abort.signal });
      await expect(attempt).rejects.toMatchObject({ name: "AbortError" });
      await expect.poll(() => uploadsOf(stack, sub)).toEqual([]);
    });

    test("when it is aborted while the file is sent", async ({ stack, owner: { client, sub } }) => {
      const abort = new AbortController();
      const hangs: typeof fetch = (_url, init) =>
        new Promise((_, reject) => {
          expect(init).toMatchObject(put);
          init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason));
          abort.abort();
        });
      const file = fileOf(await png(32, "#181921"));
      const attempt = client.upload(file, { fetch: hangs, signal: abort.signal });
      await expect(attempt).rejects.toMatchObject({ name: "AbortError" });
      await expect.poll(() => uploadsOf(stack, sub)).toEqual([]);
    });
  });

  test.for([200, 412])(
    "never cancels what R2 answered with %s, also when it is aborted right then",
    async (status, { stack, owner: { client, sub } }) => {
      const abort = new AbortController();
      const store: typeof fetch = async (url, init) => {
        if (status === 412) await fetch(url, { ...init, signal: null });
        const { status: answered } = await fetch(url, { ...init, signal: null });
        expect(answered).toBe(status);
        const body = new ReadableStream({
          start(controller) {
            abort.abort();
            controller.error(abort.signal.reason);
          },
        });
        return new Response(body, { status });
      };
      const file = fileOf(await png(32, status === 200 ? "#181922" : "#181923"));
      const attempt = client.upload(file, { fetch: store, signal: abort.signal });
      await expect(attempt).rejects.toMatchObject({ name: "AbortError" });
      await sleep(300); // a cancellation would be sent at once
      expect(await uploadsOf(stack, sub)).toEqual([{ status: "pending" }]);

      await passUploadTime(stack, 360);
      await sweepAndDeliver(stack);
      expect((await client.listImages()).images).toHaveLength(1);
    },
  );

  test("reports progress up to the last byte", async ({ owner: { client } }) => {
    const file = fileOf(await png(32, "#171819"));
    const progress: unknown[] = [];
    await client.upload(file, { onProgress: (now) => progress.push(now) });
    expect(progress.at(-1)).toEqual({ loaded: file.size, total: file.size });
  });
});
