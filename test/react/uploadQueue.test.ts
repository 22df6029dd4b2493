import { createClient } from "@keepsake/client";
import { createUploadQueue, type QueuedFile, type UploadQueue } from "@keepsake/client/queue";
import { describe, expect, onTestFinished } from "vitest";
import { throwImportFailed } from "../../packages/client/throwImportFailed.ts";
import {
  connectionFails,
  type Fault,
  faultyFetchOf,
  respondsWith,
  responseLost,
} from "../support/faultyFetch.ts";
import { png } from "../support/images.ts";
import { type Owner, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf, uploadRequest } from "../support/uploadRequests.ts";

const patience = { timeout: 45_000, interval: 20 };

describe("a queue of uploads", () => {
  test("publishes its files in order, three at a time", async ({ stack, owner }) => {
    const { queue } = queueOf(stack, owner);
    let most = 0;
    queue.subscribe(() => {
      const { files } = queue.getSnapshot();
      most = Math.max(most, files.filter(isInFlight).length);
    });
    const files = await pictures(9);
    queue.add(files);
    expect(statuses(queue).slice(0, 4)).toEqual(["uploading", "uploading", "uploading", "waiting"]);
    await expect.poll(() => queue.getSnapshot().isBusy, patience).toBe(false);

    const { progress } = queue.getSnapshot();
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const counts = { published: 9, total: 9, failed: 0, fraction: 1 };
    expect(progress).toEqual({ ...counts, sentBytes: bytes, totalBytes: bytes });
    expect(most).toBe(3);
    expect((await owner.client.listImages()).images).toHaveLength(9);
  }, 60_000);

  test("goes on when one of its own is published, after other uploads took all of the quota", async ({
    stack,
    owner,
  }) => {
    for (let number = 0; number < 18; number += 1)
      await owner.client.presignUpload(uploadRequest(await png(32, colour(number + 100))));
    const { queue, errors } = queueOf(stack, owner);
    queue.add(await pictures(6));
    await expect.poll(() => statuses(queue), patience).toEqual(Array(6).fill("published"));
    expect(errors).toEqual([]);
  }, 60_000);

  test("waits for as long as retry-after says, and then goes on", async ({ stack, owner }) => {
    const error = { code: "upload.too_many", message: "Later", request_id: "1" };
    const tooMany = respondsWith(429, JSON.stringify({ error }), { "retry-after": "11" });
    const times: number[] = [];
    const timed: Fault = (send) => {
      times.push(Date.now());
      return send();
    };
    const { queue, errors } = queueOf(
      stack,
      owner,
      /^\/uploads$/,
      (send) => timed(() => tooMany(send)),
      timed,
    );
    queue.add(await pictures(1));
    await expect
      .poll(() => queue.getSnapshot().files[0], patience)
      .toMatchObject({
        status: "waiting",
        error: { code: "upload.too_many" },
      });
    await expect.poll(() => statuses(queue), patience).toEqual(["published"]);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(10_990);
    expect(errors).toEqual([]);
  }, 60_000);

  test("waits while the connection fails, and goes on by itself with every file", async ({
    stack,
    owner,
  }) => {
    // three files, each tried three times by the client, and the first of them once more
    const { queue, errors } = queueOf(stack, owner, /./, ...Array(12).fill(connectionFails));
    const seen = new Set<string>();
    queue.subscribe(() => {
      if (queue.getSnapshot().isOffline) for (const status of statuses(queue)) seen.add(status);
    });
    queue.add(await pictures(4));
    await expect.poll(() => statuses(queue), patience).toEqual(Array(4).fill("published"));
    expect(seen).toContain("offline");
    expect(errors).toEqual([]);
    expect((await owner.client.listImages()).images).toHaveLength(4);
  }, 60_000);

  test("does not send a file again that is stored, when the response of its publication was lost", async ({
    stack,
    owner,
  }) => {
    const { queue, sent } = queueOf(stack, owner, /complete$/, ...Array(3).fill(responseLost));
    const uploads = countOf(stack, owner);
    queue.add(await pictures(1));
    await expect.poll(() => statuses(queue), patience).toEqual(["published"]);
    expect(sent()).toBe(4);
    expect(await uploads()).toEqual([{ status: "published", count: 1 }]);
  }, 60_000);

  test("publishes nothing of a file that is cancelled after it was stored, and publishes it once on retry", async ({
    stack,
    owner,
  }) => {
    const { queue } = queueOf(stack, owner, /complete$/, ...Array(3).fill(connectionFails));
    const uploads = countOf(stack, owner);
    const [id] = queue.add(await pictures(1));
    await expect.poll(() => statuses(queue), patience).toEqual(["offline"]);
    expect(await uploads()).toEqual([{ status: "pending", count: 1 }]);
    queue.cancel(id);
    expect(statuses(queue)).toEqual(["cancelled"]);
    await expect.poll(uploads, patience).toEqual([]);
    queue.retry(id);
    await expect.poll(() => statuses(queue), patience).toEqual(["published"]);
    expect(await uploads()).toEqual([{ status: "published", count: 1 }]);
  }, 60_000);

  test("cancels a stored file when the connection is back", async ({ stack, owner }) => {
    const path = /complete$|uploads\/[^/]+$/;
    const { queue, sent } = queueOf(stack, owner, path, ...Array(9).fill(connectionFails));
    const [id] = queue.add(await pictures(1));
    await expect.poll(() => statuses(queue), patience).toEqual(["offline"]);
    queue.remove(id!);
    await expect.poll(countOf(stack, owner), patience).toEqual([]);
    expect(sent()).toBe(10);
  }, 60_000);

  test("shows a file as published that was published before it was cancelled", async ({
    stack,
    owner,
  }) => {
    const lost = Array(3).fill(responseLost);
    const { queue, published } = queueOf(stack, owner, /complete$/, ...lost);
    queue.add(await pictures(1));
    await expect.poll(() => statuses(queue), patience).toEqual(["offline"]);
    queue.cancel();
    await expect.poll(() => statuses(queue), patience).toEqual(["published"]);
    const { images } = await owner.client.listImages();
    expect(queue.getSnapshot().files[0]).toMatchObject({ image: images[0], canRetry: false });
    expect(published).toEqual(["0.png"]);
  }, 60_000);

  test("does not send a stored file again that failed since the API was unavailable", async ({
    stack,
    owner,
  }) => {
    const busy = Array(15).fill(respondsWith(503));
    const { queue, sent } = queueOf(stack, owner, /complete$/, ...busy);
    queue.add(await pictures(1));
    await expect.poll(() => statuses(queue), patience).toEqual(["failed"]);
    expect(sent()).toBe(15);
    queue.retry();
    await expect.poll(() => statuses(queue), patience).toEqual(["published"]);
    expect(sent()).toBe(16);
    expect(await countOf(stack, owner)()).toEqual([{ status: "published", count: 1 }]);
  }, 60_000);

  test("cancels a stored file that failed when it is removed", async ({ stack, owner }) => {
    for (const leave of ["remove", "clear"] as const) {
      const busy = respondsWith(403, JSON.stringify({ error: { code: "token.refused" } }));
      const { queue } = queueOf(stack, owner, /complete$/, busy);
      const [id] = queue.add(await pictures(1));
      await expect.poll(() => statuses(queue), patience).toEqual(["failed"]);
      expect(await countOf(stack, owner)()).toEqual([{ status: "pending", count: 1 }]);
      if (leave === "remove") queue.remove(id!);
      else queue.clear("failed");
      await expect.poll(countOf(stack, owner), patience).toEqual([]);
    }
  }, 60_000);

  test("fails files that cannot be sent for half a minute although the browser is online, and says what to check", async ({
    stack,
    owner,
  }) => {
    for (const [path, name] of [
      [/^\/uploads$/, "The API cannot be reached: try again"],
      [/./, "Failed to fetch"],
    ] as const) {
      let isBlocked = true;
      const fault: Fault = (send) =>
        isBlocked ? Promise.reject(new TypeError("Failed to fetch")) : send();
      const { queue, errors, block } = queueOf(stack, owner, path, ...Array(90).fill(fault));
      if (name === "Failed to fetch") block(true);
      queue.add(await pictures(5));
      await expect.poll(() => statuses(queue), patience).toEqual(Array(5).fill("failed"));
      const shown = queue.getSnapshot().files.map(({ error }) => error!.message);
      expect(new Set(shown)).toEqual(new Set([`${name}. Check the connection, CORS and CSP`]));
      expect(errors).toEqual(Array(5).fill("service.unavailable"));
      isBlocked = false;
      block(false);
      queue.retry();
      await expect.poll(() => statuses(queue), patience).toEqual(Array(5).fill("published"));
    }
  }, 120_000);

  test("fails a file at once when a part of the page is gone, and says to reload it", async ({
    stack,
    owner,
  }) => {
    const client = createClient({ baseUrl: stack.api, token: await stack.issuer.sign(owner.sub) });
    const gone = new TypeError("Failed to fetch dynamically imported module");
    const queue = createUploadQueue({
      ...client,
      presignUpload: async () => throwImportFailed(gone),
    });
    onTestFinished(queue.stop);
    queue.add(await pictures(1));
    await expect.poll(() => statuses(queue), { timeout: 900 }).toEqual(["failed"]);
    const message = "A part of the page could not be loaded: reload it and try again";
    expect(queue.getSnapshot().files[0]).toMatchObject({ canRetry: true, error: { message } });
  });

  test("fails a file after five attempts while the API is unavailable, and sends it on retry", async ({
    stack,
    owner,
  }) => {
    const busy = respondsWith(503);
    const { queue, errors, sent } = queueOf(stack, owner, /^\/uploads$/, ...Array(15).fill(busy));
    queue.add(await pictures(1));
    await expect.poll(() => statuses(queue), patience).toEqual(["failed"]);
    expect([sent(), errors]).toEqual([15, ["service.unavailable"]]);
    expect(queue.getSnapshot().files[0]).toMatchObject({ canRetry: true });
    queue.retry();
    await expect.poll(() => statuses(queue), patience).toEqual(["published"]);
  }, 60_000);

  test("never sends a file again that is no picture", async ({ stack, owner }) => {
    const { queue, errors, sent } = queueOf(stack, owner);
    const [id] = queue.add([fileOf(Buffer.from("<html>Not a picture</html>"), "fake.png")]);
    await expect.poll(() => statuses(queue), patience).toEqual(["failed"]);
    const before = sent();
    queue.retry();
    queue.retry(id);
    expect(queue.getSnapshot().files[0]).toMatchObject({
      status: "failed",
      canRetry: false,
      error: { code: "image.unsupported" },
    });
    expect([sent(), errors]).toEqual([before, ["image.unsupported"]]);
  });

  test("rejects what cannot be published before anything is sent", async ({ stack, owner }) => {
    const { queue, errors, sent } = queueOf(stack, owner);
    queue.setOptions({ accept: "image/png,.jpg" });
    queue.add([
      fileOf(Buffer.from("x"), "notes.txt", "text/plain"),
      fileOf(Buffer.from("x"), "photo.webp", "image/webp"),
      fileOf(Buffer.alloc(0), "nothing.png"),
      fileOf(Buffer.alloc(20_000_001), "vast.jpg", "image/jpeg"),
    ]);
    const found = queue.getSnapshot().files.map(({ error }) => error);
    expect(found).toMatchObject([
      { code: "image.unsupported", message: "Send a PNG, JPEG, WebP, AVIF or GIF image" },
      { code: "image.unsupported", message: "Choose a file of type image/png,.jpg" },
      { code: "image.damaged" },
      { code: "image.too_large" },
    ]);
    expect([sent(), errors]).toEqual([0, []]);
  });

  test("holds no more files than maxFiles, and takes another when one was removed", async ({
    stack,
    owner,
  }) => {
    const { queue } = queueOf(stack, owner);
    queue.setOptions({ maxFiles: 2 });
    const [first] = queue.add(await pictures(3));
    expect(statuses(queue)).toEqual(["uploading", "uploading", "failed"]);
    expect(queue.getSnapshot().files[2]!.error!.message).toBe(
      "At most 2 files can be uploaded here: remove another first",
    );
    await expect.poll(() => queue.getSnapshot().isBusy, patience).toBe(false);
    queue.retry();
    expect(statuses(queue)).toEqual(["published", "published", "failed"]);
    queue.remove(first!);
    queue.retry();
    await expect.poll(() => statuses(queue), patience).toEqual(["published", "published"]);
  });

  test("reports the progress of the last batch, and keeps what was published before", async ({
    stack,
    owner,
  }) => {
    const { queue } = queueOf(stack, owner);
    const files = await pictures(3);
    queue.add(files.slice(0, 2));
    await expect.poll(() => queue.getSnapshot().isBusy, patience).toBe(false);
    queue.add(files.slice(2));
    expect(queue.getSnapshot().progress).toMatchObject({ published: 0, total: 1 });
    await expect.poll(() => queue.getSnapshot().isBusy, patience).toBe(false);
    expect(queue.getSnapshot().files).toHaveLength(3);
    queue.clear();
    expect(queue.getSnapshot().files).toEqual([]);
  });

  test("gives a file without a type that of its name", async ({ stack, owner }) => {
    const { queue } = queueOf(stack, owner);
    queue.add([fileOf(await png(), "untyped.PNG", "")]);
    await expect.poll(() => statuses(queue), patience).toEqual(["published"]);
  });

  test("cancels everything when it is stopped, and no request follows", async ({
    stack,
    owner,
  }) => {
    const stopped = Promise.withResolvers<void>();
    const late: Fault = (send) => stopped.promise.then(send);
    const { queue, sent } = queueOf(stack, owner, /./, late, late, late);
    queue.add(await pictures(5));
    await expect.poll(sent, patience).toBe(3);
    queue.stop();
    stopped.resolve();
    expect(statuses(queue)).toEqual(Array(5).fill("cancelled"));
    await expect.poll(sent, patience).toBe(6); // each upload that was started is cancelled
    await expect.poll(countOf(stack, owner), patience).toEqual([]);
    await new Promise((resume) => setTimeout(resume, 300));
    expect(sent()).toBe(6);
    // it can be used again, as React's StrictMode does
    queue.retry(queue.getSnapshot().files[0]!.id);
    await expect.poll(() => statuses(queue)[0], patience).toBe("published");
  });
});

/**
 * A queue of an owner, whose requests with such a path have these faults first. Its errors by their codes. `block` takes
 * the page's server away, which gives it tokens.
 */
function queueOf(stack: TestStack, { sub }: Owner, path = /./, ...faults: Fault[]) {
  const { fetch, sent } = faultyFetchOf(path, ...faults);
  let isBlocked = false;
  const token = async () => {
    if (isBlocked) throw new TypeError("Failed to fetch");
    return stack.issuer.sign(sub);
  };
  const errors: string[] = [];
  const published: string[] = [];
  const queue = createUploadQueue(createClient({ baseUrl: stack.api, token, fetch }), {
    onError: (error) => errors.push("code" in error ? error.code : error.message),
    onPublished: (_, { name }) => published.push(name),
  });
  onTestFinished(queue.stop);
  const block = (blocked: boolean) => {
    isBlocked = blocked;
  };
  return { queue, sent, errors, published, block };
}

const statuses = (queue: UploadQueue) => queue.getSnapshot().files.map(({ status }) => status);

const isInFlight = ({ status }: QueuedFile) => status === "uploading" || status === "checking";

/** The owner's images and uploads by their status. */
const countOf =
  ({ sql }: TestStack, { sub }: Owner) =>
  async () => [
    ...(await sql`
      select status, count(*)::integer as count from images where owner_id = ${`user:${sub}`}
      group by status
    `),
  ];

const pictures = (count: number) =>
  Promise.all(
    Array.from({ length: count }, async (_, number) =>
      fileOf(await png(64, colour(number)), `${number}.png`),
    ),
  );

const colour = (number: number) => `#${(0x102030 + number * 977).toString(16).padStart(6, "0")}`;
