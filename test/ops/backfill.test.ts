import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publicBucket } from "@keepsake/adapters/cloud/r2";
import { discordFiles } from "@keepsake/adapters/platforms/discordFiles";
import type { PublicBucket } from "@keepsake/core/ports";
import { decoder } from "@keepsake/functions/services/decoder";
import {
  type BackfillOptions,
  type BackfillServices,
  backfill,
} from "@keepsake/ops/backfill/backfill";
import { main } from "@keepsake/ops/backfill/command";
import { objectKeyIds } from "@keepsake/ops/backfill/objectKeyIds";
import { terminalReporter } from "@keepsake/ops/backfill/printProgress";
import type { NotedRow, SkippedRow } from "@keepsake/ops/backfill/progressListener";
import type { Sql } from "postgres";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { outputOf } from "../support/capturedOutput.ts";
import { drawnPicture } from "../support/drawnPicture.ts";
import { type FaultyTelegram, faultyTelegram } from "../support/faultyTelegram.ts";
import { gpsJpeg, noisePng, png } from "../support/images.ts";
import { databaseFlag } from "../support/runBackfill.ts";
import { type TestStack, testStack } from "../support/stack.ts";
import { bytesAt } from "../support/uploadRequests.ts";

const { r2 } = inject("backends");
const token = "9090:secret_that_is_never_printed";
const { imagesBucket: bucket, incomingBucket: _, ...link } = r2;
const images = publicBucket({ bucket, ...link });

let stack: TestStack;
let telegram: FaultyTelegram;
let discord: Awaited<ReturnType<typeof startDiscordCdn>>;
let sql: Sql;
let table: string;

beforeAll(async () => {
  telegram = await faultyTelegram({ port: 0, botToken: token, botName: "keepsake_bot" });
  discord = await startDiscordCdn();
  stack = await testStack({ telegram, consume: false });
  sql = stack.sql;
});
afterAll(async () => {
  await stack.stop();
  await telegram.stop();
  discord.stop();
});
beforeEach(() => {
  table = `product_${randomUUID().replaceAll("-", "")}`;
});

/** Creates a product's own table with these details as rows. Ids are UUIDs, or integers from 1. */
async function createTable(
  details: Record<string, unknown>[],
  { id = "uuid", type = "jsonb", worldId = "uuid" } = {},
) {
  await sql.unsafe(
    `create table ${table} (id ${id} primary key, world_id ${worldId} not null, details ${type})`,
  );
  const isNumber = /int/.test(id);
  const world = /int/.test(worldId) ? "7" : randomUUID();
  for (const [index, detail] of details.entries())
    await sql.unsafe(`insert into ${table} values ($1, $2, $3::text::${type})`, [
      isNumber ? String(index + 1) : randomUUID(),
      world,
      JSON.stringify(detail),
    ]);
  return rows();
}

async function rows() {
  type Row = { id: string; world_id: string; details: Record<string, unknown> };
  return [
    ...(await sql<Row[]>`
      select id::text, world_id::text, details from ${sql(table)} t order by t.id
    `),
  ];
}

async function run(
  options: Partial<BackfillOptions> = {},
  services: Partial<BackfillServices> = {},
) {
  const skipped: SkippedRow[] = [];
  const noted: NotedRow[] = [];
  const result = await backfill(
    {
      sql,
      images,
      decoder: decoder(),
      keepsake: sql,
      sources: {
        discord: discordFiles({ origins: discord.origin }),
        url: discordFiles({ origins: discord.origin }),
        telegramOrigins: [telegram.api],
      },
      urls: { discordOrigins: [discord.origin], hosts: [], publicUrl: r2.publicUrl },
      secret: r2.secretAccessKey,
      ...services,
    },
    {
      ...{ table, id: undefined, worldId: "world_id", ...portraitIn("details") },
      ...{
        ownerColumn: undefined,
        ownerKey: undefined,
        owner: undefined,
        shrink: false,
        events: false,
        overwrite: true,
      },
      ...{ batch: 20, limit: Number.POSITIVE_INFINITY, dryRun: false },
      ...options,
    },
    {
      start() {},
      progress() {},
      skip: (row) => skipped.push(row),
      note: (row) => noted.push(row),
    },
  );
  return { ...result, skipped, noted };
}

/** The options of a column of JSON with portraits. */
const portraitIn = (column: string) => ({
  from: { column, path: ["image_portrait_base64"] },
  to: { column, path: ["image_portrait"] },
});

const base64 = (bytes: Buffer) => ({ image_portrait_base64: bytes.toString("base64") });

describe("a backfill", () => {
  test("replaces base64 with a permanent URL and keeps the rest of the details", async () => {
    const portrait = await png(64, "#102030");
    const [row] = await createTable([{ ...base64(portrait), traits: ["Fearless"] }]);

    const { before, after, counts } = await run();

    const url = `${r2.publicUrl}/portraits/${row!.world_id}/${row!.id}_portrait.png`;
    expect((await rows())[0]!.details).toEqual({ traits: ["Fearless"], image_portrait: url });
    expect(portrait.equals(await bytesAt(url))).toBe(true);
    expect(before).toMatchObject({ rows: 1, base64: 1, permanent: 0, candidates: 1 });
    expect(before.base64_bytes).toBe(portrait.toString("base64").length);
    expect(after).toMatchObject({ rows: 1, base64: 0, base64_bytes: 0, permanent: 1 });
    expect(after.column_bytes).toBeLessThan(before.column_bytes);
    expect(counts).toMatchObject({ published: 1, published_bytes: portrait.length });
  });

  test("sanitizes what it publishes: a JPEG becomes a PNG without its GPS position", async () => {
    await createTable([base64(await gpsJpeg())]);
    await run();
    const published = await bytesAt((await rows())[0]!.details.image_portrait);
    expect(published.subarray(1, 4).toString()).toBe("PNG");
    expect(published.includes("Wanderer")).toBe(false);
  });

  test("derives keys that cannot be guessed from integer ids, the same in every run", async () => {
    const [first] = await createTable([base64(await png()), base64(await png(64, "#abcdef"))], {
      id: "bigint",
      worldId: "integer",
    });
    await run();

    const [one, two] = (await rows()).map(({ details }) => String(details.image_portrait));
    const key = /\/portraits\/([\da-f-]{36})\/([\da-f-]{36})_portrait\.png$/;
    const [, world, piece] = key.exec(one!)!;
    expect(key.exec(two!)![1]).toBe(world);
    expect(key.exec(two!)![2]).not.toBe(piece);
    const ids = { id: first!.id, world_id: first!.world_id };
    const namespace = `${new URL(String(stack.sql.options.database), "x://").pathname.slice(1)}.public.${table}`;
    expect(objectKeyIds(r2.secretAccessKey, namespace)(ids)).toEqual({
      world_id: world,
      piece_id: piece,
    });
    expect(objectKeyIds("another secret", namespace)(ids).piece_id).not.toBe(piece);
    expect(objectKeyIds(r2.secretAccessKey, "another.public.table")(ids).piece_id).not.toBe(piece);
  });

  test("accepts text ids, json and other names, and no name can inject SQL", async () => {
    table = `The "Table"; drop table worlds; --${randomUUID()}`;
    const [id, worldId, column] = ['piece"id', "World", "the details"];
    await sql`
      create table ${sql(table)} (
        ${sql(id)} text primary key, ${sql(worldId)} text, ${sql(column)} json
      )
    `;
    const details = { ...base64(await png()), "a.b": 1 };
    await sql`insert into ${sql(table)} values ('mira/../x', null, ${sql.json(details)})`;

    const { counts } = await run({ table, id: [id], worldId, ...portraitIn(column) });

    expect(counts).toMatchObject({ published: 1, not_recoverable: 0 });
    const [row] = await sql`select ${sql(column)} as details from ${sql(table)}`;
    expect(row!.details).toEqual({
      "a.b": 1,
      image_portrait: expect.stringMatching(
        /\/portraits\/[\da-f-]{36}\/[\da-f-]{36}_portrait\.png$/,
      ),
    });
    expect((await bytesAt(row!.details.image_portrait)).length).toBeGreaterThan(0);
  });

  test("continues where it was stopped and does nothing twice", async () => {
    await createTable(await several(7), { id: "integer" });
    const counted = countPuts(images);

    expect((await run({ limit: 3, batch: 2 }, counted)).counts.published).toBe(3);
    expect((await rows()).map(({ details }) => "image_portrait" in details)).toEqual([
      ...[true, true, true],
      ...[false, false, false, false],
    ]);
    const { counts, after } = await run({ batch: 2 }, counted);
    expect(counts.published).toBe(4);
    expect(after).toMatchObject({ base64: 0, permanent: 7 });
    expect(counted.puts()).toBe(7);

    const done = await rows();
    expect((await run({}, counted)).counts).toMatchObject({ done: 0, published: 0 });
    expect(counted.puts()).toBe(7);
    expect(await rows()).toEqual(done);
  });

  test("continues after a crash between the write to the bucket and the UPDATE", async () => {
    await createTable(await several(3));
    const dying = { ...images };
    dying.put = async (key, object) => {
      await images.put(key, object);
      throw new Error("the power went");
    };
    await expect(run({}, { images: dying })).rejects.toThrow(
      /^Nothing can be stored: the power went\. Fix/,
    );
    expect((await rows()).every(({ details }) => details.image_portrait_base64)).toBe(true);

    expect((await run()).counts).toMatchObject({ published: 3, postponed: 0 });
    for (const { details } of await rows())
      expect(details.image_portrait).toMatch(/_portrait\.png$/);
  });

  test("may run twice at the same time", async () => {
    await createTable(await several(20));
    const both = await Promise.all([run({ batch: 3 }), run({ batch: 7 })]);
    expect(both.flatMap(({ skipped }) => skipped)).toEqual([]);
    expect(both[0]!.after).toMatchObject({ base64: 0, permanent: 20 });
    for (const { details } of await rows())
      expect((await fetch(String(details.image_portrait))).status).toBe(200);
  });

  test("lists base64 that is not an image and leaves its row as it is", async () => {
    const good = (await png()).toString("base64");
    const broken = [
      { image_portrait_base64: `${good.slice(0, 40)}!${good.slice(40)}` },
      { image_portrait_base64: "=" },
      { image_portrait_base64: 42 },
      base64(Buffer.from("<!doctype html><title>An error page, not an image</title>")),
      base64((await noisePng(64)).subarray(0, 2_000)),
      { image_portrait_base64: `data:image/png,${good}` },
      { image_portrait_base64: "A".repeat(4_200_000) },
    ];
    const before = await createTable([...broken, base64(await png())], { id: "integer" });

    const { skipped, counts, after } = await run();

    expect(skipped).toEqual(
      [
        /^It is not base64/,
        /^It is not base64/,
        /^Send a PNG/,
        /^Send a PNG/,
        /damaged or cut off/,
        /^It is not base64/,
        /^The value has 4200000 bytes/,
      ].map((reason, index) => ({
        id: String(index + 1),
        outcome: "not_recoverable",
        reason: expect.stringMatching(reason),
      })),
    );
    expect(counts).toMatchObject({ published: 1, not_recoverable: 7 });
    expect(after.base64).toBe(7);
    expect((await rows()).slice(0, 7)).toEqual(before.slice(0, 7));
  });

  test("reads base64 that is not quite standard, and reports the rows", async () => {
    const picture = await drawnPicture(90, 60).webp().toBuffer();
    const good = picture.toString("base64");
    const bare = good.replace(/=*$/, "");
    await createTable(
      [
        { image_portrait_base64: good },
        { image_portrait_base64: ` ${good.replace(/.{76}/g, "$&\r\n")}\n` },
        { image_portrait_base64: bare.replaceAll("+", "-").replaceAll("/", "_") },
        { image_portrait_base64: `data:image/png;base64,${good}` },
        { image_portrait_base64: `data:IMAGE/WEBP;charset=utf-8;base64,${good}` },
        { image_portrait_base64: `data:<script>;base64,${bare}====` },
      ],
      { id: "integer" },
    );

    const { counts, noted, skipped } = await run();

    expect(skipped).toEqual([]);
    expect(counts).toMatchObject({ published: 6, not_recoverable: 0 });
    expect(noted.map(({ id, notes }) => [id, ...notes])).toEqual([
      ["2", "line breaks or spaces"],
      ["3", "the URL-safe alphabet", ...(bare === good ? [] : ["wrong padding"])],
      ["4", "labelled image/png, but its bytes are image/webp"],
      ["6", "wrong padding", "labelled otherwise, but its bytes are image/webp"],
    ]);
    const urls = (await rows()).map(({ details }) => details.image_portrait);
    const published = await Promise.all(urls.map(bytesAt));
    for (const bytes of published) expect(bytes.equals(published[0]!)).toBe(true);
  });

  test("makes portraits over the limits smaller when it is asked to, else lists them", async () => {
    const [heavy, wide] = [await noisePng(1_050), await drawnPicture(5_000, 300).jpeg().toBuffer()];
    const huge = await drawnPicture(13_000, 200).png().toBuffer();
    const before = await createTable([heavy, wide, huge].map(base64), { id: "integer" });

    const listed = await run();
    expect(listed.skipped.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/^The image has \d+ bytes|^The value has/),
      "This picture measures 5,000 × 300 pixels: each side must have 16 to 4,096",
      "This picture measures 13,000 × 200 pixels: each side must have 16 to 4,096",
    ]);
    expect(await rows()).toEqual(before);

    const { counts, noted } = await run({ shrink: true });
    expect(counts).toMatchObject({ published: 3, not_recoverable: 0 });
    expect(noted).toEqual(
      ["1", "2", "3"].map((id) => ({ id, outcome: "published", notes: ["made smaller"] })),
    );
    for (const { details } of await rows()) {
      const bytes = await bytesAt(details.image_portrait);
      const { width, format } = await sharp(bytes).metadata();
      expect(format).toBe("png");
      expect(width).toBeLessThanOrEqual(4_096);
      expect(bytes.length).toBeLessThanOrEqual(3_000_000);
    }
  });

  test("does not count rows that cannot be recovered towards its limit", async () => {
    await createTable(
      [{ image_portrait_base64: "-" }, { image_portrait_base64: "-" }, ...(await several(1))],
      {
        id: "integer",
      },
    );
    expect((await run({ limit: 1, batch: 1 })).counts).toMatchObject({ done: 3, published: 1 });
  });

  test("does not overwrite a row that was changed or deleted while it ran", async () => {
    const [first, second, third] = await createTable(await several(3), { id: "integer" });
    const newer = base64(await png(64, "#ff00ff"));
    const slow = { ...images };
    let changed: Promise<unknown> | undefined;
    const keys: string[] = [];
    slow.put = async (key, object) => {
      await images.put(key, object);
      keys.push(key);
      changed ??= Promise.all([
        sql`update ${sql(table)} set details = ${sql.json(newer)} where id = ${first!.id}`,
        sql`delete from ${sql(table)} where id = ${second!.id}`,
        sql`update ${sql(table)} set details = details || '{"mood": "new"}' where id = ${third!.id}`,
      ]);
      await changed;
    };

    const { skipped, counts } = await run({}, { images: slow });

    expect(skipped).toEqual([
      {
        id: "1",
        outcome: "changed",
        reason: "The row was changed while the backfill ran: start it again",
      },
      { id: "2", outcome: "changed", reason: "The row was deleted while the backfill ran" },
    ]);
    expect(counts).toMatchObject({ published: 1, changed: 2 });
    const [one, three] = await rows();
    expect(one!.details).toEqual(newer);
    expect(three!.details).toEqual({ mood: "new", image_portrait: expect.any(String) });
    const there = await Promise.all(keys.map((key) => images.get(key, 0)));
    expect(there.filter((bytes) => bytes === undefined)).toHaveLength(1);

    expect((await run()).counts).toMatchObject({ published: 1, changed: 0 });
    const url = String((await rows())[0]!.details.image_portrait);
    expect(url).toMatch(/_portrait_v2\.png$/); // the first key holds the row's earlier portrait
    expect((await png(64, "#ff00ff")).equals(await bytesAt(url))).toBe(true);
  });

  test("changes nothing in a dry run and reports what it would do", async () => {
    const file = telegram.addFile(await png(64, "#445566"));
    const before = await createTable([
      ...(await several(2)),
      { image_portrait_base64: "not base64" },
      { image_portrait: `${telegram.api}/file/bot${token}/${file.file_path}` },
    ]);
    const counted = countPuts(images);

    const { counts, skipped } = await run({ dryRun: true }, counted);

    expect(counts).toMatchObject({ published: 3, not_recoverable: 1 });
    expect(skipped).toHaveLength(1);
    expect(counted.puts()).toBe(0);
    expect(await rows()).toEqual(before);
  });

  test("fetches what Telegram and Discord still serve and lists what they no longer serve", async () => {
    const photo = await gpsJpeg();
    const file = telegram.addFile(photo);
    const path = "/attachments/1/2/mira.png";
    const attachment = await png(64, "#5865f2");
    discord.add(path, attachment);
    const stale = [
      `${telegram.api}/file/bot${token}/photos/file_999.jpg`,
      `${telegram.api}/file/bot${token.replace("secret", "revoked")}/${file.file_path}`,
      `http://127.0.0.1:9/file/bot${token}/${file.file_path}`,
      `${discord.origin}/attachments/1/3/gone.png?ex=1`,
      `${discord.origin}/icons/1/2.png`,
    ].map((image_portrait) => ({ image_portrait }));
    const before = await createTable(
      [
        ...stale,
        { image_portrait: `${telegram.api}/file/bot${token}/${file.file_path}`, mood: "calm" },
        { image_portrait: `${discord.origin}${path}?ex=6&is=5&hm=4&` },
        { image_portrait: "https://example.com/not-ours.png" },
        { image_portrait: `${r2.publicUrl}/portraits/a/b_portrait.png` },
        { image_portrait: null },
      ],
      { id: "integer" },
    );

    const { skipped, counts, before: was, after } = await run();

    expect(skipped).toEqual(
      [
        "Telegram's file is not there: 404",
        "Telegram's file cannot be fetched: its token was revoked",
        "Telegram's file is not on a Telegram server",
        "Discord's attachment is not there: 404",
        "Discord's attachment has no URL of Discord's CDN",
      ].map((reason, index) => ({ id: String(index + 1), outcome: "not_recoverable", reason })),
    );
    expect(counts).toMatchObject({ done: 7, published: 2, not_recoverable: 5 });
    expect(was).toMatchObject({ telegram: 4, discord: 3, other: 1, permanent: 1 });
    expect(after).toMatchObject({ telegram: 3, discord: 2, other: 1, permanent: 3 });
    const now = await rows();
    expect([...now.slice(0, 5), ...now.slice(7)]).toEqual([
      ...before.slice(0, 5),
      ...before.slice(7),
    ]);
    expect(now[5]!.details.mood).toBe("calm");
    const published = await bytesAt(now[5]!.details.image_portrait);
    expect(published.subarray(1, 4).toString()).toBe("PNG");
    expect(published.includes("Wanderer")).toBe(false);
    expect(attachment.equals(await bytesAt(now[6]!.details.image_portrait))).toBe(true);
  });

  test("postpones a file that a platform fails to serve and shrinks one that is too large for a portrait", async () => {
    const busy = telegram.addFile(await png(64, "#c0ffee"), {
      download: { error_code: 500 },
      times: 1,
    });
    const large = telegram.addFile(await noisePng(1_100));
    const url = ({ file_path }: { file_path: string }) =>
      `${telegram.api}/file/bot${token}/${file_path}`;
    await createTable([{ image_portrait: url(busy) }, { image_portrait: url(large) }], {
      id: "integer",
    });

    const { skipped, counts } = await run();
    expect(skipped).toEqual([
      { id: "1", outcome: "postponed", reason: "Telegram's file was answered with 500" },
    ]);
    expect(counts).toMatchObject({ published: 1, postponed: 1 });
    expect(counts.published_bytes).toBeLessThan(3_000_000);
    expect((await run()).counts).toMatchObject({ published: 1, postponed: 0 });
  });

  test("publishes 1,000 rows with 50 SELECTs and 50 UPDATEs, at most eight pictures at a time", async () => {
    await createTable([], { id: "integer" });
    const portrait = (await png(16)).toString("base64");
    await sql`
      insert into ${sql(table)}
      select n, gen_random_uuid(), jsonb_build_object('n', n, 'image_portrait_base64', ${portrait}::text)
      from generate_series(1, 1000) n
    `;
    await sql.unsafe(`
      create table ${table}_updates (rows integer);
      create function ${table}_count() returns trigger language plpgsql as $$
        begin insert into ${table}_updates select count(*) from changed; return null; end $$;
      create trigger count after update on ${table} referencing new table as changed
        for each statement execute function ${table}_count();
    `);
    const counted = countPuts(images);

    const { counts, after } = await run({}, counted);

    expect(counts).toMatchObject({ done: 1_000, published: 1_000 });
    expect(after).toMatchObject({ base64: 0, permanent: 1_000 });
    const updates = await sql`select rows from ${sql(`${table}_updates`)}`;
    expect(updates.map(({ rows }) => rows)).toEqual(Array(50).fill(20));
    expect(counted.maxInFlight()).toBeGreaterThan(1);
    expect(counted.maxInFlight()).toBeLessThanOrEqual(8);
  }, 120_000);

  test("writes the rest of a batch when Postgres rejects one row", async () => {
    await createTable(await several(3), { id: "integer" });
    await sql`
      alter table ${sql(table)} add constraint frozen check (id <> 2 or not details ? 'image_portrait')
    `;
    const { skipped, counts, after } = await run();
    expect(counts).toMatchObject({ published: 2, not_recoverable: 1 });
    expect(skipped).toEqual([
      {
        ...{ id: "2", outcome: "not_recoverable" },
        reason: expect.stringMatching(/^Postgres rejects the changed row: .*"frozen"/),
      },
    ]);
    expect(after).toMatchObject({ base64: 1, permanent: 2 });
  });

  test("lists exactly the rows whose JSON Postgres cannot read", async () => {
    await createTable([], { id: "integer", type: "json" });
    const readable = ["\\ud83d\\ude00", "\\\\u0000", "\\\\\\\\ud800"];
    const unreadable = ["\\u0000", "x\\\\\\u0000", "\\ud800", "\\ude00 \\ud83d", "\\uD83Dx"];
    const portrait = JSON.stringify(base64(await png())).slice(1);
    for (const [index, text] of [...readable, ...unreadable].entries())
      await sql`
        insert into ${sql(table)}
        values (${index + 1}, gen_random_uuid(), ${`{"a": "${text}", ${portrait}`}::text::json)
      `;
    const { skipped, counts } = await run();
    expect(skipped).toEqual(
      unreadable.map((_, index) => ({
        ...{ id: String(index + 4), outcome: "not_recoverable" },
        reason: "Its JSON holds an escape that Postgres cannot read",
      })),
    );
    expect(counts).toMatchObject({ published: 3, not_recoverable: 5 });
  });

  test("rejects a table that it cannot backfill safely", async () => {
    await expect(run({ table: "no_such_table" })).rejects.toThrow(
      "There is no table no_such_table: name",
    );
    await expect(run({ table: "lore_pieces", id: ["piece_id"] })).rejects.toThrow(
      /lore_pieces is Keepsake's own/,
    );
    await createTable([]);
    await expect(run({ worldId: "realm" })).rejects.toThrow(/has no column realm: .* --world-id/);
    await expect(run({ id: ["world_id"] })).rejects.toThrow(/world_id has no unique index/);
    await expect(run(portraitIn("id"))).rejects.toThrow(/id is uuid; it must be json or jsonb/);
  });
});

describe("npm run backfill", () => {
  test("warns about a bot's token without showing it, and prints the counts and the skipped rows", async () => {
    await createTable([
      { image_portrait: `${telegram.api}/file/bot${token}/photos/file_998.jpg` },
      { image_portrait: `${telegram.api}/file/bot${token.replace(":", "%3A")}/photos/file_1.jpg` },
      base64(await png(64, "#0b0b0b")),
    ]);

    const output = await outputOf(() => main([...databaseFlag(sql), "--table", table]));

    expect(output).toMatch(
      /2 URLs contain the token of a bot \(9090\).*\n.*\/revoke in @BotFather/,
    );
    expect(output).toMatch(/not_recoverable {2}[\da-f-]{36}: Telegram's file is not there: 404/);
    expect(output).toMatch(/^base64 +1 \(0\.0 MB\) +0 \(0\.0 MB\)$/m);
    expect(output).toMatch(/^Telegram URLs +2 +2$/m);
    expect(output).toMatch(/^permanent URLs +0 +1$/m);
    expect(output).toMatch(/^1 pictures \(0\.0 MB\) published\.$/m);
    expect(output).not.toContain("secret_that_is_never");
    expect(output).not.toContain("/file/bot");
  });

  test("writes the skipped and the repaired rows to a file, without tokens", async () => {
    await createTable([
      { image_portrait: `${telegram.api}/file/bot${token}/photos/file_997.jpg` },
      { image_portrait_base64: "?" },
      { image_portrait_base64: `${(await png()).toString("base64")}\n` },
    ]);
    const folder = mkdtempSync(join(tmpdir(), "keepsake-backfill-"));
    const report = join(folder, "skipped.jsonl");
    const output = await outputOf(() =>
      main([...databaseFlag(sql), "--table", table, "--dry-run", "--report", report]),
    );
    const lines = readFileSync(report, "utf8").trim().split("\n");
    rmSync(folder, { recursive: true });

    const id = expect.stringMatching(/^[\da-f-]{36}$/);
    const reason = expect.any(String);
    const byOutcome = lines
      .map((line) => JSON.parse(line))
      .sort((a, b) => (a.outcome < b.outcome ? -1 : 1));
    expect(byOutcome).toEqual([
      { id, outcome: "not_recoverable", reason },
      { id, outcome: "not_recoverable", reason },
      { id, outcome: "published", notes: ["line breaks or spaces"] },
    ]);
    expect(lines.join()).not.toContain("secret_that_is_never");
    expect(output).not.toContain("not_recoverable");
    expect(output).toMatch(/^1 pictures .* would be published; nothing was changed\.$/m);
    expect(output).toMatch(/^2 cannot be recovered: their rows were left as they are\.$/m);
  });

  test("reports a missing or invalid flag in one line", async () => {
    await expect(main([])).rejects.toThrow(
      "Name the product's database, which must be Postgres: -- --database-url postgres://…",
    );
    await expect(main([...databaseFlag(sql), "--batch", "101"])).rejects.toThrow(
      "--batch takes a whole number from 1 to 100, not 101",
    );
    await expect(main([...databaseFlag(sql), "--limit", "0"])).rejects.toThrow(
      /--limit takes a whole/,
    );
    await expect(main([...databaseFlag(sql), "--tabel", "x"])).rejects.toThrow(
      /Unknown option '--tabel'/,
    );
  });

  test("draws a progress bar on a terminal, below the skipped rows", () => {
    let text = "";
    const reporter = terminalReporter({
      isTTY: true,
      write(more) {
        text += more;
      },
    });
    const skipped = { not_recoverable: 0, no_owner: 0, has_url: 0, postponed: 0, changed: 0 };
    const counts = { total: 4, published_bytes: 0, ...skipped };
    reporter.progress({ ...counts, done: 2, published: 2 });
    reporter.skip({ id: "3", outcome: "not_recoverable", reason: "Broken" });
    reporter.progress({ ...counts, done: 4, published: 3, not_recoverable: 1 });
    reporter.stop();
    const half = `[${"#".repeat(15)}${".".repeat(15)}] 50%  2 published, 0 skipped`;
    expect(text.split("\r\u001b[K")).toEqual([
      half,
      `not_recoverable  3: Broken\n${half}`,
      `[${"#".repeat(30)}] 100%  3 published, 1 skipped\n`,
    ]);
  });
});

/** Portraits that all differ. */
async function several(count: number) {
  return Promise.all(
    Array.from({ length: count }, async (_, n) =>
      base64(await png(32, `#0000${(16 + n).toString(16)}`)),
    ),
  );
}

/** The bucket, with counters of its writes: in total, and the maximum in flight. */
function countPuts(real: PublicBucket) {
  let [puts, inFlight, maxInFlight] = [0, 0, 0];
  const put: PublicBucket["put"] = async (key, object) => {
    puts += 1;
    inFlight += 1;
    maxInFlight = Math.max(maxInFlight, inFlight);
    await real.put(key, object);
    inFlight -= 1;
  };
  return { images: { ...real, put }, puts: () => puts, maxInFlight: () => maxInFlight };
}

/** Stands in for Discord's CDN: serves attachments by their path. */
async function startDiscordCdn() {
  const files = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const bytes = files.get(request.url?.split("?")[0] ?? "");
    response.writeHead(bytes ? 200 : 404).end(bytes);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (path: string, bytes: Buffer) => void files.set(path, bytes),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
