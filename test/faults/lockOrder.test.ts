import { setTimeout as sleep } from "node:timers/promises";
import * as items from "@keepsake/core/datasets/datasetItems.sql";
import * as purges from "@keepsake/core/erasures/purges.sql";
import * as exportFiles from "@keepsake/core/exports/exportFiles.sql";
import * as ending from "@keepsake/core/images/endExports.sql";
import * as images from "@keepsake/core/images/images.sql";
import * as owners from "@keepsake/core/owners/eraseOwner.sql";
import * as portraits from "@keepsake/core/portraits/portraits.sql";
import * as rehosts from "@keepsake/core/rehosts/queuedRehosts.sql";
import { claim } from "@keepsake/core/rehosts/rehostAttempts.sql";
import { retryPolicy } from "@keepsake/core/retryPolicy";
import * as pendingUploads from "@keepsake/core/uploads/pendingUploads.sql";
import * as uploads from "@keepsake/core/uploads/uploads.sql";
import postgres, { type Sql, type TransactionSql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { faction } from "../support/pieceDrafts.ts";
import { type TestStack, testStack } from "../support/stack.ts";

/**
 * Two statements that take the same rows in different orders wait for each other, until Postgres ends one
 * of them after a second. So each statement on several rows takes them in the order of their keys.
 */
let stack: TestStack;
let workers: [Sql, Sql];

beforeAll(async () => {
  stack = await testStack({ consume: false });
  const [{ name }] = await stack.sql<[{ name: string }]>`select current_database() as name`;
  const url = Object.assign(new URL(inject("backends").databaseUrl), { pathname: `/${name}` }).href;
  const connect = () => postgres(url, { max: 1, onnotice() {} });
  workers = [connect(), connect()];
});
afterAll(async () => {
  await Promise.all(workers.map((sql) => sql.end()));
  await stack.stop();
});

/** In ascending order. The rows are stored in descending order, so a scan meets the first key last. */
const ids = Array.from({ length: 40 }, () => uuidv7()).sort();
type Statement = (sql: Sql, ids: string[]) => PromiseLike<unknown>;

const maxAttempts = 1_000_000;
const portraitPolicy = { ...retryPolicy("PortraitQueue"), maxAttempts };
const uploadPolicy = { ...retryPolicy("UploadQueue"), maxAttempts };
const rehostPolicy = { ...retryPolicy("RehostQueue"), maxAttempts };
const toPortraits = (some: string[]) => some.map((piece_id) => ({ piece_id, version: 1 }));
const toRehosts = (some: string[]) => some.map((image_id) => ({ image_id }));
const toUploads = (some: string[]) => some.map((upload_id) => ({ upload_id }));
const pending = { status: "pending" as const, error: null, url: null };

const keys = {
  lore_pieces: "piece_id",
  images: "image_id",
  datasets: "dataset_id",
  dataset_items: "image_id",
  exports: "export_id",
  export_files: "export_id",
  erasures: "erasure_id",
};
const dataset_id = uuidv7();
const inTransaction = (sql: Sql) => sql as never as TransactionSql;
const statements: [keyof typeof keys, string, Statement][] = [
  [
    "lore_pieces",
    "claims portraits",
    (sql, some) => portraits.claim(sql, toPortraits(some), portraitPolicy),
  ],
  [
    "lore_pieces",
    "saves the outcomes of portraits",
    (sql, some) =>
      portraits.saveOutcomes(
        sql,
        toPortraits(some).map((message) => ({ ...message, ...pending })),
      ),
  ],
  [
    "lore_pieces",
    "marks portraits as not queued",
    (sql, some) => portraits.markUnsent(sql, toPortraits(some)),
  ],
  ["lore_pieces", "requeues all portraits", (sql) => portraits.requeueAllPending(sql)],
  [
    "lore_pieces",
    "fails portraits",
    (sql) =>
      portraits.failExhausted(sql, { ...portraitPolicy, maxAttempts: 0, attemptSeconds: -9 }),
  ],
  ["images", "claims images", (sql, some) => claim(sql, some, rehostPolicy)],
  ["images", "marks images as not queued", (sql, some) => rehosts.markUnsent(sql, toRehosts(some))],
  ["images", "requeues all images", (sql) => rehosts.requeueAllPending(sql)],
  [
    "images",
    "fails images",
    (sql) => rehosts.failExhausted(sql, { ...rehostPolicy, maxAttempts: 0, attemptSeconds: -9 }),
  ],
  ["images", "begins uploads", (sql, some) => pendingUploads.begin(sql, some, uploadPolicy)],
  [
    "images",
    "marks uploads as not queued",
    (sql, some) => pendingUploads.markUnsent(sql, toUploads(some)),
  ],
  ["images", "requeues all uploads", (sql) => pendingUploads.requeueAllPending(sql)],
  [
    "images",
    "fails uploads",
    (sql) =>
      pendingUploads.failExhausted(sql, { ...uploadPolicy, maxAttempts: 0, attemptSeconds: -9 }),
  ],
  ["images", "marks incoming objects as removed", (sql, some) => uploads.clearUrls(sql, some)],
  [
    "lore_pieces",
    "erases an owner's worlds",
    (sql) => owners.removeWorlds(sql as never as TransactionSql, ["user:a"]),
  ],
  [
    "images",
    "erases an owner's images",
    (sql) => owners.removeImages(sql as never as TransactionSql, ["user:b"]),
  ],
  ["images", "locks an owner's images", (sql) => owners.lockImages(inTransaction(sql), ["user:b"])],
  [
    "dataset_items",
    "locks other owners' items of an owner's images",
    (sql) => owners.lockItems(inTransaction(sql), ["user:b"]),
  ],
  [
    "dataset_items",
    "locks the items of images that are deleted",
    (sql, some) => images.lockDatasetItems(inTransaction(sql), "user:d", some),
  ],
  [
    "dataset_items",
    "locks the items of a dataset",
    (sql) => items.lock(inTransaction(sql), "user:d", dataset_id),
  ],
  [
    "dataset_items",
    "locks the items of an owner's datasets",
    (sql) => owners.lockItems(inTransaction(sql), ["user:d"]),
  ],
  [
    "datasets",
    "locks an owner's datasets",
    (sql) => owners.lockDatasets(inTransaction(sql), ["user:e"]),
  ],
  ["exports", "ends exports", (sql, some) => ending.lock(inTransaction(sql), { export_ids: some })],
  [
    "exports",
    "erases an owner's exports",
    (sql) => ending.lock(inTransaction(sql), { owners: ["user:f"], image_ids: [] }),
  ],
  ["exports", "deletes an owner's exports", (sql) => ending.remove(inTransaction(sql), ["user:f"])],
  [
    "export_files",
    "marks zips as not queued",
    (sql, some) =>
      exportFiles.markUnsent(
        sql,
        some.map((export_id) => ({ export_id, file_index: 0 })),
      ),
  ],
  ["export_files", "requeues all zips", (sql) => exportFiles.requeueAllPending(sql)],
  [
    "erasures",
    "saves the outcomes of purges",
    (sql, some) => {
      const purged = { bucket: "images" as const, key: "images/a.png", lease: "now" };
      const objects = some.map((erasure_id) => ({ ...purged, erasure_id }));
      return purges.saveOutcome(sql, "url", objects, "confirmed");
    },
  ],
];

beforeAll(async () => {
  const { world } = await stack.client("a").createWorld({ theme: "norse", pieces: [faction] });
  const stored = ids.toReversed();
  await stack.sql`
    insert into lore_pieces (piece_id, world_id, type, name, description, details, attempted_at,
                             portrait_status, portrait_version)
    select id, ${world.world_id}, 'character', 'Mira', '', '{}', now(), 'pending', 1
    from unnest(${stored}::uuid[]) id
  `;
  await stack.sql`
    insert into images (image_id, owner_id, platform, platform_ref, source, attempted_at, status)
    select id, 'user:b', 'discord', id, '{}', now(), 'pending' from unnest(${stored}::uuid[]) id
  `;
  await stack.sql`
    insert into datasets (dataset_id, owner_id, name) values (${dataset_id}, 'user:d', 'Harbours')
  `;
  await stack.sql`
    insert into dataset_items (dataset_id, image_id, position)
    select ${dataset_id}, id, 1 from unnest(${stored}::uuid[]) id
  `;
  await stack.sql`
    insert into datasets (dataset_id, owner_id, name)
    select id, 'user:e', 'Harbours' from unnest(${stored}::uuid[]) id
  `;
  await stack.sql`
    insert into exports (export_id, owner_id, layout, options, name, status, items, files, warnings,
                         content_sha256)
    select id, 'user:f', 'pairs', '{}', 'Harbours', 'ready', 1, 1, '[]', ''
    from unnest(${stored}::uuid[]) id
  `;
  await stack.sql`
    insert into export_files (export_id, file_index, filename, queue_after)
    select id, 0, '', now() from unnest(${stored}::uuid[]) id
  `;
  await stack.sql`update images set url_expires_at = now() - interval '1 minute'`;
  await stack.sql`
    insert into erasures (erasure_id, owner_id) select id, 'user:c' from unnest(${stored}::uuid[]) id
  `;
});

/** The rows are uploads for statements on uploads, and re-hosts for others. They stay in their order. */
beforeEach(async ({ task }) => {
  const platform = task.name.includes("uploads") ? "web" : "discord";
  await stack.sql`update images set platform = ${platform}`;
});

describe("the statement that", () => {
  test.for(statements)(
    "[%s] %s takes rows in the order of their keys",
    async ([table, , statement]) => {
      const key = keys[table];
      const [worker, other] = workers;
      const { rollback } = await other.begin(async (tx) => {
        await tx`select 1 from ${tx(table)} where ${tx(key)} = ${ids[0]!} for update`;
        const [{ pid }] = await worker<[{ pid: number }]>`select pg_backend_pid() as pid`;
        const rollback = worker
          .begin(async (inside) => {
            await statement(inside as unknown as Sql, ids.toReversed());
            throw new Error("roll back");
          })
          .catch(() => {});
        for (;;) {
          const [waiting] = await stack.sql`
          select 1 from pg_stat_activity where pid = ${pid} and wait_event_type = 'Lock'
        `;
          if (waiting) break;
          await sleep(5);
        }
        // it waits for the first key, so it has none of the others
        const free = await tx`
        select 1 from ${tx(table)} where ${tx(key)} in ${tx(ids)} for update skip locked
      `;
        expect(free).toHaveLength(ids.length);
        return { rollback }; // settles once the lock is released
      });
      await rollback; // else it may wait for the next test's lock, and that test for its connection
    },
  );
});

describe("two workers that do this with the same rows in opposite orders never deadlock:", () => {
  const batches = statements.filter(([, , statement]) => statement.length === 2);
  test.for(batches)("[%s] %s", async ([, , statement]) => {
    const failed: unknown[] = [];
    const orders = [ids, ids.toReversed()];
    await Promise.all(
      workers.map(async (sql, index) => {
        for (let round = 0; round < 50; round += 1)
          await statement(sql, orders[index]!).then(undefined, (error) => failed.push(error));
      }),
    );
    expect(failed).toEqual([]);
  });
});
