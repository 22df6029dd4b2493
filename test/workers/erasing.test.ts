import { randomUUID } from "node:crypto";
import { cloudflareCdn } from "@keepsake/adapters/cloud/cloudflareCdn";
import type { PublicBucket } from "@keepsake/core/ports";
import { sweep as sweepWith } from "@keepsake/core/sweep";
import { images, incoming, privateImages } from "@keepsake/functions/services/buckets";
import { sql as database } from "@keepsake/functions/services/database";
import { exportStore } from "@keepsake/functions/services/exportStore";
import {
  exportQueue,
  portraitQueue,
  rehostQueue,
  uploadQueue,
} from "@keepsake/functions/services/queues";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { FaultyHttpProxy } from "../faults/support/faultyProxies.ts";
import { stackWithFaultyR2 } from "../faults/support/stackWithFaultyR2.ts";
import { cloudflareStandIn } from "../support/cloudflare.ts";
import { png } from "../support/images.ts";
import { recordLog } from "../support/logLines.ts";
import { newOwner, sweep, type TestStack } from "../support/stack.ts";
import { fileOf, uploadRequest } from "../support/uploadRequests.ts";

let stack: TestStack;
let r2: FaultyHttpProxy;
let cloudflare: Awaited<ReturnType<typeof cloudflareStandIn>>;
/** `DELETE` requests that reached R2, by path. */
let deletions: string[] = [];
/** How many objects were looked for before the first of these. */
let checksBefore = 0;
/** Answers R2's deletions with this status. */
let refuseDeletions: number | undefined;

beforeAll(async () => {
  ({ stack, r2 } = await stackWithFaultyR2({
    decide(_, call) {
      const isRefused = refuseDeletions !== undefined && call.startsWith("DELETE");
      return isRefused ? { status: refuseDeletions! } : {};
    },
    onExchange({ method, path }) {
      if (method === "HEAD" && deletions.length === 0) checksBefore += 1;
      if (method === "DELETE") deletions.push(path);
    },
  }));
  cloudflare = await cloudflareStandIn(stack.cdn);
});
afterAll(async () => {
  cloudflare.stop();
  await stack.stop();
  await r2.stop();
});
afterEach(async () => {
  await stack.sql`truncate worlds, images, erasures cascade`;
  await stack.sql`update purge_limits set available = 0, counted_at = now() - interval '1 hour'`;
  deletions = [];
  checksBefore = 0;
  refuseDeletions = undefined;
  cloudflare.calls.length = 0;
  cloudflare.control.respond = undefined;
});

describe("erasing", () => {
  test("removes an owner's image soon while another owner waits for 10,000 removals", {
    timeout: 60_000,
  }, async () => {
    const many = await eraseObjects("user:with 10,000", 10_000, "1 hour");
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#0a0b0c")));
    await client.deleteImage(image);

    checksBefore = 0;
    const sweeping = sweep(stack);
    await vi.waitFor(async () => expect((await fetch(image.url!)).status).toBe(404), 30_000);

    expect(deletions).toHaveLength(1);
    expect(checksBefore).toBeLessThan(200);
    await stack.sql`delete from erasures where erasure_id = ${many}`;
    await sweeping;
  });

  test("does more than one batch in a sweep", async () => {
    const erasure_id = await eraseObjects("user:with 700", 700);
    await sweep(stack);
    expect(await receipt(erasure_id)).toMatchObject({ done_at: expect.any(Date) });
  });

  test("stops when its time is up, and goes on in the next sweep", async () => {
    const erasure_id = await eraseObjects("user:with 300", 300);
    vi.useFakeTimers({ toFake: ["performance"] });
    const slow = async (key: string) => {
      vi.advanceTimersByTime(1_000);
      return images().remove(key);
    };
    const first = await sweepWithCdn({ images: { ...images(), remove: slow } }).finally(() =>
      vi.useRealTimers(),
    );
    expect(first.erased).toBe(100);
    expect((await sweepWithCdn()).erased).toBe(200);
    expect(await receipt(erasure_id)).toMatchObject({ done_at: expect.any(Date) });
  });

  test("never removes an object twice when two sweeps run at once", async () => {
    const { client } = newOwner(stack);
    for (let index = 0; index < 12; index += 1)
      await client.upload(fileOf(await png(32, `#0000${index + 10}`)));
    await client.eraseOwner();

    await Promise.all([sweep(stack), sweep(stack), sweep(stack)]);

    expect(deletions).toHaveLength(12);
    expect(new Set(deletions).size).toBe(12);
  });

  test("logs once per batch why objects of images and of uploads were not removed", async () => {
    const { client } = newOwner(stack);
    await client.upload(fileOf(await png(64, "#0d0e10")));
    await client.upload(fileOf(await png(64, "#0d0e11")));
    await stack.sql`update images set url_expires_at = now() - interval '1 minute'`;
    const [kept] = await stack.sql<{ image_id: string }[]>`select image_id from images limit 1`;
    await client.deleteImage(kept!);
    refuseDeletions = 403;
    const log = recordLog();
    await sweep(stack).finally(() => {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
    });
    const message = "objects were not removed: a later sweep tries again";
    const failures = log.lines().filter((line) => line.message === message);
    expect(failures.length).toBeGreaterThanOrEqual(2);
    for (const failure of failures)
      expect(failure).toMatchObject({
        level: "WARN",
        objects: expect.any(Number),
        error: { name: expect.any(String), message: expect.any(String) },
      });
  });

  test("does not count a failed removal as done, and repeats it when its lease has ended", async () => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#0d0e0f")));
    const { erasure } = await client.deleteImage(image);
    await makeFinal(erasure.erasure_id);
    refuseDeletions = 403;
    await sweep(stack);
    const { objects, done_at } = (await client.getErasure(erasure)).erasure;
    expect({ objects, done_at }).toEqual({ objects: 0, done_at: null });

    refuseDeletions = undefined;
    await sweep(stack);
    expect((await fetch(image.url!)).status, "within the lease").toBe(200);
    await stack.sql`
      update erasure_objects set erase_after = erase_after - interval '2 minutes'
      where erasure_id = ${erasure.erasure_id}
    `;
    await sweep(stack);
    expect((await fetch(image.url!)).status).toBe(404);
    expect((await client.getErasure(erasure)).erasure.done_at).not.toBeNull();
  });

  test("reports how long it is overdue while removals fail, whatever their leases", async () => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#0d0e10")));
    const { erasure } = await client.deleteImage(image);
    refuseDeletions = 403;
    expect((await sweepWithCdn()).erasure_overdue_seconds).toBe(0);
    await stack.sql`
      update erasure_objects set final_after = now() - interval '1 hour'
      where erasure_id = ${erasure.erasure_id}
    `;
    const { erasure_overdue_seconds } = await sweepWithCdn();
    expect(erasure_overdue_seconds).toBeGreaterThanOrEqual(3_600);
    expect(erasure_overdue_seconds).toBeLessThan(3_700);

    refuseDeletions = undefined;
    await stack.sql`
      update erasure_objects set erase_after = now() where erasure_id = ${erasure.erasure_id}
    `;
    expect((await sweepWithCdn()).erasure_overdue_seconds).toBe(0);
  });

  test.each([-14, 14])(
    "is on time when the clock of the function is %i minutes off",
    async (minutes) => {
      const { client } = newOwner(stack);
      const image = await client.upload(fileOf(await png(64, "#101214")));
      const ticket = await client.presignUpload(uploadRequest(await png(64, "#101215")));
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + minutes * 60_000 });
      const { erasure } = await client.deleteImage(image).finally(() => vi.useRealTimers());
      await client.deleteImage({ image_id: ticket.upload_id });

      await sweep(stack);

      expect((await fetch(image.url!)).status).toBe(404);
      const [{ seconds }] = await stack.sql<[{ seconds: number }]>`
        select extract(epoch from final_after - now())::float8 as seconds from erasure_objects
        where erasure_id = ${erasure.erasure_id} and bucket = 'images'
      `;
      expect(seconds).toBeGreaterThan(15.5 * 60);
      expect(seconds).toBeLessThanOrEqual(16 * 60);
    },
  );

  test("removes an upload's object only once its URL has expired, and finally once the upload has", async () => {
    const { client } = newOwner(stack);
    const ticket = await client.presignUpload(uploadRequest(await png(64, "#101216")));
    const { erasure } = await client.deleteImage({ image_id: ticket.upload_id });
    const [{ first, last }] = await stack.sql<[{ first: Date; last: Date }]>`
      select erase_after as first, final_after as last from erasure_objects
      where erasure_id = ${erasure.erasure_id} and bucket = 'incoming'
    `;
    expect(first.toISOString()).toBe(ticket.url_expires_at);
    expect(last.toISOString()).toBe(ticket.expires_at);
  });
});

describe("purging", () => {
  test("removes every copy: plain, of each page's origin, and with a query string", async () => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#202224")));
    const { pathname } = new URL(image.url!);
    const pages = ["https://studio.example.com", "https://app.example.com"];
    const copies: { url: string; headers?: Record<string, string> }[] = [
      { url: pathname },
      ...pages.map((origin) => ({ url: pathname, headers: { origin } })),
      { url: `${pathname}?x=1` },
      { url: `${pathname}?x=1`, headers: { origin: "https://elsewhere.example.com" } },
    ];
    const statuses = () =>
      Promise.all(
        copies.map(
          async ({ url, headers }) =>
            (await fetch(cloudflare.edge + url, headers && { headers })).status,
        ),
      );
    expect(new Set(await statuses())).toEqual(new Set([200]));

    const { erasure } = await client.deleteImage(image);
    await sweepWithCdn({ origins: pages });

    expect(new Set(await statuses())).toEqual(new Set([404]));
    expect((await client.getErasure(erasure)).erasure.purge).toBe("confirmed");
    expect(cloudflare.calls.flatMap(Object.keys)).toEqual(["files", "files", "files", "prefixes"]);
  });

  test("by URL leaves the copies with a query string until the purge by prefix", async () => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#202225")));
    const url = cloudflare.edge + new URL(image.url!).pathname;
    const statuses = async () => [(await fetch(url)).status, (await fetch(`${url}?x=1`)).status];
    expect(await statuses()).toEqual([200, 200]);
    await stack.sql`
      update purge_limits set available = 0, counted_at = now() + interval '1 hour'
      where purge = 'prefix'
    `;

    const { erasure } = await client.deleteImage(image);
    await sweepWithCdn();

    expect(await statuses()).toEqual([404, 200]);
    expect((await client.getErasure(erasure)).erasure.purge).toBeNull();
    await stack.sql`update purge_limits set counted_at = now() - interval '1 hour'`;
    await endLeases();
    await sweepWithCdn();
    expect(await statuses()).toEqual([404, 404]);
    expect((await client.getErasure(erasure)).erasure.purge).toBe("confirmed");
  });

  test("is confirmed only when every object is purged after its removal, however many others are", async () => {
    const erasure_id = await eraseObjects("user:with 700", 700);
    let failures = 1;
    cloudflare.control.respond = () => (failures-- > 0 ? 503 : 200);

    await sweepWithCdn();

    expect(await receipt(erasure_id)).toMatchObject({ purge: "failed", done_at: null });
    await endLeases();
    await sweepWithCdn();
    expect(await receipt(erasure_id)).toMatchObject({
      purge: "confirmed",
      done_at: expect.any(Date),
    });
    expect(purgedKeys("files").size).toBe(700);
    expect(purgedKeys("prefixes").size).toBe(700);
  });

  test.each([
    ["by URL", "files"],
    ["by prefix", "prefixes"],
  ] as const)("that fails %s is repeated after the last removal too", async (_, form) => {
    const erasure_id = await eraseObjects("user:with 3", 3);
    let isDown = true;
    cloudflare.control.respond = (body) => (isDown && body[form] ? 503 : 200);
    for (let minute = 0; minute < 3; minute += 1) {
      await sweepWithCdn();
      expect(await receipt(erasure_id)).toMatchObject({ purge: "failed", done_at: null });
      await endLeases();
    }

    isDown = false;
    await sweepWithCdn();

    expect(await receipt(erasure_id)).toMatchObject({
      purge: "confirmed",
      done_at: expect.any(Date),
    });
  });

  test("is repeated for an object that was written again after its first removal", async () => {
    const { client } = newOwner(stack);
    const bytes = await png(64, "#303234");
    const image = await client.upload(fileOf(bytes));
    const { erasure } = await client.deleteImage(image);
    await sweepWithCdn();
    expect((await client.getErasure(erasure)).erasure.purge).toBe("confirmed");
    const url = `${cloudflare.edge}${new URL(image.url!).pathname}`;
    const key = new URL(image.url!).pathname.slice(1);
    await images().put(key, { bytes, contentType: "image/png", sha256: image.sha256! });
    expect((await fetch(`${url}?late`)).status).toBe(200);

    await makeFinal(erasure.erasure_id);
    await sweepWithCdn();

    expect((await fetch(`${url}?late`)).status).toBe(404);
    expect((await client.getErasure(erasure)).erasure).toMatchObject({
      purge: "confirmed",
      done_at: expect.any(String),
    });
  });

  test("by prefix keeps to Cloudflare's 5 calls a minute on the Free plan, for all owners in turns", async () => {
    const many = await eraseObjects("user:with 700", 700);
    const one = await eraseObjects("user:with 1", 1);

    const started = performance.now();
    await Promise.all([sweepWithCdn({ plan: "free" }), sweepWithCdn({ plan: "free" })]);
    await sweepWithCdn({ plan: "free" });

    const more = Math.floor((performance.now() - started) / 12_000); // on a busy machine
    const { length } = cloudflare.calls.filter(({ prefixes }) => prefixes);
    expect(length).toBeGreaterThanOrEqual(5);
    expect(length).toBeLessThanOrEqual(5 + more);
    expect(purgedKeys("files").size).toBe(701);
    expect(await receipt(one)).toMatchObject({ purge: "confirmed", done_at: expect.any(Date) });
    expect(await receipt(many)).toMatchObject({ purge: null, done_at: null });

    for (let minute = 0; minute < 6; minute += 1) {
      await stack.sql`update purge_limits set counted_at = counted_at - interval '1 minute'`;
      await endLeases();
      await sweepWithCdn({ plan: "free" });
    }
    expect(await receipt(many)).toMatchObject({ purge: "confirmed", done_at: expect.any(Date) });
    expect(purgedKeys("prefixes").size).toBe(701);
  });

  test("sends at most thirty URLs a call, and reports what the API answered", async () => {
    const reasons: unknown[] = [];
    const onFailed = (reason: unknown) => reasons.push(reason);
    const free = cloudflareCdn({ ...cloudflare.link, plan: "free", origins: "" }, onFailed);
    const urls = Array.from({ length: 40 }, (_, n) => `${stack.cdn}/${n}.png`);

    expect(await free.purge(urls)).toBe("confirmed");
    expect(cloudflare.calls.map(({ files }) => files?.length)).toEqual([30, 10]);

    expect(reasons).toEqual([]);

    for (const status of [400, 403, 429, 503]) {
      cloudflare.control.respond = () => status;
      expect(await free.purge(urls)).toBe("failed");
      expect(await free.purge(urls, "prefix")).toBe("failed");
      const reason = new Error(`Cloudflare answered ${status}, errors: 10000`);
      expect(reasons.splice(0)).toEqual([reason, reason]);
    }
    const unreachable = {
      ...cloudflare.link,
      api: "http://127.0.0.1:9",
      plan: "free",
      origins: "",
    };
    expect(await cloudflareCdn(unreachable, onFailed).purge(urls)).toBe("failed");
    expect(reasons).toMatchObject([{ message: "fetch failed", cause: expect.any(Error) }]);
    expect(await cloudflareCdn({ ...unreachable, zoneId: "" }).purge(urls)).toBe("not_configured");
  });
});

/** Runs the sweep with the Cloudflare stand-in as its CDN. */
function sweepWithCdn({
  plan = "enterprise",
  origins = [],
  images: bucket = images(),
}: {
  plan?: string;
  origins?: string[];
  images?: PublicBucket;
} = {}) {
  const services = {
    sql: database(),
    portraitQueue: portraitQueue(),
    rehostQueue: rehostQueue(),
    uploadQueue: uploadQueue(),
    exportQueue: exportQueue(),
    images: bucket,
    privateImages: privateImages(),
    exportStore: exportStore(),
    incoming: incoming(),
    eventQueue: undefined,
    cdn: cloudflareCdn({ ...cloudflare.link, plan, origins: origins.join(" ") }),
    onNotRemoved() {},
  };
  return sweepWith(services, { queue_lost: false });
}

/** Lists objects that do not exist for their final removal, as a deletion 16 minutes ago would have. */
async function eraseObjects(owner_id: string, count: number, dueSince = "1 second") {
  const erasure_id = randomUUID();
  await stack.sql`insert into erasures (erasure_id, owner_id) values (${erasure_id}, ${owner_id})`;
  await stack.sql`
    insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
    select ${erasure_id}, ${owner_id}, 'images', 'images/' || gen_random_uuid() || '.png',
           now() - ${dueSince}::interval, now() - ${dueSince}::interval
    from generate_series(1, ${count}::integer)
  `;
  return erasure_id;
}

async function receipt(erasure_id: string) {
  const [row] = await stack.sql`
    select purge, done_at from erasures where erasure_id = ${erasure_id}
  `;
  return row;
}

/** Makes the final removal due, as if 16 minutes had passed. */
async function makeFinal(erasure_id: string) {
  await stack.sql`
    update erasure_objects set erase_after = now(), final_after = now()
    where erasure_id = ${erasure_id}
  `;
}

/** Makes failed purges due again, as if two minutes had passed. */
async function endLeases() {
  await stack.sql`update erasure_objects set purge_after = now() where purge_next is not null`;
}

/** The files or prefixes of all purges that succeeded or failed. */
function purgedKeys(form: "files" | "prefixes") {
  return new Set(cloudflare.calls.flatMap((call) => (call[form] ?? []) as string[]));
}
