import { randomUUID } from "node:crypto";
import { cloudflareCdn } from "@keepsake/adapters/cloud/cloudflareCdn";
import { erasing } from "@keepsake/core/erasures/objectEraser";
import { images, incoming, privateImages } from "@keepsake/functions/services/buckets";
import { sql as database } from "@keepsake/functions/services/database";
import { exportStore } from "@keepsake/functions/services/exportStore";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { FaultyHttpProxy } from "../faults/support/faultyProxies.ts";
import { stackWithFaultyR2 } from "../faults/support/stackWithFaultyR2.ts";
import { cloudflareStandIn } from "../support/cloudflare.ts";
import { png } from "../support/images.ts";
import { newOwner, sweep, type TestStack } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

let stack: TestStack;
let r2: FaultyHttpProxy;
let cloudflare: Awaited<ReturnType<typeof cloudflareStandIn>>;
/** R2 answers 403 to requests of this method, of this object only if it names one. */
let refused: { method: string; id?: string } | undefined;

beforeAll(async () => {
  ({ stack, r2 } = await stackWithFaultyR2({
    decide: (_, call) =>
      refused && call.startsWith(refused.method) && call.includes(refused.id ?? "")
        ? { status: 403 }
        : {},
  }));
  cloudflare = await cloudflareStandIn(stack.cdn);
});
afterAll(async () => {
  cloudflare.stop();
  await stack.stop();
  await r2.stop();
});
afterEach(async () => {
  refused = undefined;
  cloudflare.control.respond = undefined;
  cloudflare.calls.length = 0;
  await stack.sql`truncate worlds, images, erasures cascade`;
});

describe("a removal", () => {
  test("that failed is due again after the sweep was killed, and within minutes", async () => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#b1b2b3")));
    const { erasure } = await client.deleteImage(image);
    refused = { method: "DELETE" };
    await sweep(stack);

    const [{ seconds }] = await stack.sql<[{ seconds: number }]>`
      select extract(epoch from erase_after - now())::float8 as seconds from erasure_objects
      where erasure_id = ${erasure.erasure_id} and bucket = 'images'
    `;
    expect(seconds).toBeGreaterThan(60); // a sweep is killed after a minute
    expect(seconds).toBeLessThan(180);
  });

  test("that fails does not keep the other objects of its batch from being removed", async () => {
    const { client } = newOwner(stack);
    const one = await client.upload(fileOf(await png(64, "#b4b5b6")));
    const other = await client.upload(fileOf(await png(64, "#b7b8b9")));
    const { erasure } = await client.eraseOwner();
    refused = { method: "DELETE", id: one.image_id };
    await sweep(stack);

    expect((await fetch(one.url!)).status).toBe(200);
    expect((await fetch(other.url!)).status).toBe(404);
    expect((await client.getErasure(erasure)).erasure.objects).toBe(1);
  });

  test("of an object that cannot be looked up is not done", async () => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#babbbc")));
    await client.deleteImage(image);
    await stack.sql`update erasure_objects set final_after = now()`;
    refused = { method: "HEAD" };
    await sweep(stack);
    refused = undefined;
    await stack.sql`update erasure_objects set erase_after = now() where erased_at is null`;
    await sweep(stack);

    expect((await fetch(image.url!)).status).toBe(404);
  });

  test("of the file of a finished upload that failed is repeated", async () => {
    const { client } = newOwner(stack);
    const { image_id } = await client.upload(fileOf(await png(64, "#bdbebf")));
    await stack.sql`
      update images set url_expires_at = now() - interval '1 second' where image_id = ${image_id}
    `;
    refused = { method: "DELETE" };
    await sweep(stack);
    refused = undefined;
    await sweep(stack);

    expect(await incoming().size(`uploads/${image_id}`)).toBeUndefined();
  });
});

describe("a purge", () => {
  test("that failed is not sent again before its lease has ended", async () => {
    await dueObjects(3);
    cloudflare.control.respond = () => 503;
    await sweepWithCdn();
    const calls = cloudflare.calls.length;
    expect(calls).toBeGreaterThan(0);
    await sweepWithCdn();
    expect(cloudflare.calls.length).toBe(calls);
  });

  test("of an object that was claimed by another sweep meanwhile does not count", async () => {
    const erasure_id = await dueObjects(1);
    cloudflare.control.respond = async () => {
      await stack.sql`update erasure_objects set purge_after = now() + interval '1 hour'`;
      return 200;
    };
    await sweepWithCdn();

    const [object] = await stack.sql`
      select purge_next, purged_at from erasure_objects where erasure_id = ${erasure_id}
    `;
    expect(object).toEqual({ purge_next: "url", purged_at: null });
  });

  test("that Cloudflare's limit leaves no room for is due in the next minute", async () => {
    await dueObjects(300);
    await stack.sql`update purge_limits set available = 0, counted_at = now()`;
    await sweepWithCdn("free");

    const [row] = await stack.sql`
      select count(*)::integer as count from erasure_objects where purge_after > now()
    `;
    expect(row).toEqual({ count: 0 });
  });
});

/** Erases and purges with the Cloudflare stand-in as the CDN. */
async function sweepWithCdn(plan = "enterprise") {
  const cdn = cloudflareCdn({ ...cloudflare.link, plan, origins: "" });
  const services = {
    sql: database(),
    images: images(),
    privateImages: privateImages(),
    exportStore: exportStore(),
    incoming: incoming(),
    cdn,
    onNotRemoved() {},
  };
  const { turn, finish } = erasing(services);
  while (!(await turn(() => false)).isDone);
  await finish();
}

/** Lists objects that do not exist for their final removal. */
async function dueObjects(count: number) {
  const erasure_id = randomUUID();
  await stack.sql`insert into erasures (erasure_id, owner_id) values (${erasure_id}, 'user:a')`;
  await stack.sql`
    insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
    select ${erasure_id}, 'user:a', 'images', 'images/' || gen_random_uuid() || '.png', now(), now()
    from generate_series(1, ${count}::integer)
  `;
  return erasure_id;
}
