import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { publicBucket } from "@keepsake/adapters/cloud/r2";
import type { Decoder, PublicBucket } from "@keepsake/core/ports";
import { decoder } from "@keepsake/functions/services/decoder";
import { audit } from "@keepsake/ops/audit/audit";
import { readBatch } from "@keepsake/ops/backfill/backfill.sql";
import { main } from "@keepsake/ops/backfill/command";
import { describeTable } from "@keepsake/ops/backfill/describeProductTable.sql";
import { parseFlags } from "@keepsake/ops/backfill/flags";
import { resetFailed } from "@keepsake/ops/deadLetters/deadLetters.sql";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, inject } from "vitest";
import { outputOf } from "../support/capturedOutput.ts";
import { drawnPicture } from "../support/drawnPicture.ts";
import { png } from "../support/images.ts";
import { allowedHost, databaseFlag, runBackfill } from "../support/runBackfill.ts";
import { sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt } from "../support/uploadRequests.ts";

const { r2 } = inject("backends");
const { imagesBucket: bucket, incomingBucket: _, ...link } = r2;
const images = publicBucket({ bucket, ...link });

let provider: Awaited<ReturnType<typeof startProvider>>;
let table: string;
beforeAll(async () => {
  provider = await startProvider();
});
afterAll(() => provider.stop());
beforeEach(() => {
  table = `product_${randomUUID().replaceAll("-", "")}`;
});

/** Creates a table of avatars with these values, of which each row's owner is given. */
async function createAvatars({ sql }: TestStack, rows: [owner: string | null, avatar: string][]) {
  await sql.unsafe(`
    create table ${table} (id bigint generated always as identity primary key, user_id text, avatar text)
  `);
  for (const [owner, avatar] of rows)
    await sql`insert into ${sql(table)} (user_id, avatar) values (${owner}, ${avatar})`;
}

async function avatars({ sql }: TestStack) {
  const rows = await sql<{ avatar: string }[]>`select avatar from ${sql(table)} order by id`;
  return rows.map(({ avatar }) => avatar);
}

const avatarFlags = () => ["--table", table, "--column", "avatar", "--owner-column", "user_id"];
const base64 = async (colour: string) => (await png(64, colour)).toString("base64");

describe("a backfill of a table with owners", () => {
  test("publishes a text column's pictures as images of their owners, which the audit knows and a deletion erases", async ({
    stack,
    owner: { sub, client },
  }) => {
    const photo = await drawnPicture(400, 300).jpeg().toBuffer();
    await createAvatars(stack, [
      [sub, `data:image/jpeg;base64,${photo.toString("base64")}`],
      [sub, await base64("#111213")],
      [`another of ${sub}`, await base64("#111213")],
    ]);

    const { counts, before, after } = await runBackfill(stack, avatarFlags());

    expect(counts).toMatchObject({ done: 3, published: 3 });
    expect(before).toMatchObject({ rows: 3, base64: 3, permanent: 0 });
    expect(after).toMatchObject({ base64: 0, permanent: 3 });
    const [first, second, others] = await avatars(stack);
    const { images: own } = await client.listImages({ platform: "base64" });
    expect(own.map(({ url }) => url).sort()).toEqual([first, second].sort());
    const image = own.find(({ url }) => url === first)!;
    expect(image).toMatchObject({
      ...{ platform: "base64", status: "published", visibility: "public", width: 400 },
      ...{ content_type: "image/jpeg", error: null },
    });
    expect(image.variants).toHaveLength(1);
    expect(photo.length).toBe((await bytesAt(first)).length);
    const { usage } = await client.getOwner();
    expect(usage).toMatchObject({ images: 2, stored_bytes: expect.any(Number) });
    expect(usage.stored_bytes).toBeGreaterThan(photo.length);
    expect(await ownAudit(stack)).toEqual({ orphans: [], missing: [] });

    await client.eraseOwner();
    await sweep(stack);
    for (const url of [first, second, image.variants[0]!.url])
      expect((await fetch(url!)).status).toBe(404);
    expect((await fetch(others!)).status).toBe(200);
    expect(await ownAudit(stack)).toEqual({ orphans: [], missing: [] });
  });

  test("reads a nested key of JSON, writes the URL beside it, and keeps the rest", async ({
    stack,
    owner: { sub, client },
  }) => {
    const { sql } = stack;
    for (const type of ["json", "jsonb"]) {
      await sql.unsafe(`create table ${table}_${type} (id uuid primary key, about ${type})`);
      const about = {
        name: "Mira",
        picture: { data: await base64(`#22${type.length}233`), alt: "x" },
      };
      const absent = { name: "Odo", picture: { data: "" } };
      for (const each of [about, absent])
        await sql.unsafe(`insert into ${table}_${type} values ($1, $2::text::${type})`, [
          randomUUID(),
          JSON.stringify(each),
        ]);
      const { counts } = await runBackfill(stack, [
        ...["--table", `${table}_${type}`, "--json-column", "about", "--json-key", "picture.data"],
        ...["--write-key", "url", "--owner", sub],
      ]);
      expect(counts).toMatchObject({ done: 1, published: 1 });
      const rows = await sql`
        select about from ${sql(`${table}_${type}`)} order by about ->> 'name'
      `;
      const url = expect.stringContaining(`${r2.publicUrl}/images/`);
      expect(rows.map((row) => row.about)).toEqual([
        { name: "Mira", picture: { alt: "x", url } },
        absent,
      ]);
    }
    expect((await client.listImages()).images).toHaveLength(2);
  });

  test("writes to another column, and clears the one that was read", async ({
    stack,
    owner: { sub },
  }) => {
    const { sql } = stack;
    await sql.unsafe(`
      create table ${table} (id int primary key, old text, url varchar(200), kept text not null, kept_url text)
    `);
    const picture = await base64("#313233");
    await sql`insert into ${sql(table)} values (1, ${picture}, null, ${picture}, '')`;
    const flags = ["--table", table, "--owner", sub];
    await runBackfill(stack, [...flags, "--column", "old", "--write-column", "url"]);
    await runBackfill(stack, [...flags, "--column", "kept", "--write-column", "kept_url"]);
    const [row] = await sql`select * from ${sql(table)}`;
    const url = expect.stringContaining(`${r2.publicUrl}/images/`);
    expect(row).toEqual({ id: 1, old: null, url, kept: "", kept_url: url });
    expect(row!.url).not.toBe(row!.kept_url);
  });

  test("does not replace a URL that is already there, unless it is asked to", async ({
    stack,
    owner: { sub, client },
  }) => {
    const { sql } = stack;
    await sql.unsafe(`create table ${table} (id int primary key, old text, url text, about jsonb)`);
    const newer = "https://cdn.example.com/newer.png";
    const picture = await base64("#343536");
    await sql`
      insert into ${sql(table)} values
        (1, ${picture}, ${newer}, ${sql.json({ data: picture, url: newer })}),
        (2, ${picture}, '', ${sql.json({ data: picture })})
    `;
    const flags = ["--table", table, "--owner", sub];
    for (const place of [
      ["--column", "old", "--write-column", "url"],
      ["--json-column", "about", "--json-key", "data", "--write-key", "url"],
    ]) {
      const dry = await runBackfill(stack, [...flags, ...place, "--dry-run"]);
      const { counts, skipped } = await runBackfill(stack, [...flags, ...place]);
      expect(dry.skipped).toEqual(skipped);
      expect(counts).toMatchObject({ done: 2, published: 1, has_url: 1 });
      expect(skipped).toEqual([
        { id: "1", outcome: "has_url", reason: expect.stringContaining("--overwrite") },
      ]);
    }
    const rows = () => sql`select * from ${sql(table)} order by id`;
    const url = expect.stringContaining(`${r2.publicUrl}/images/`);
    expect([...(await rows())]).toEqual([
      { id: 1, old: picture, url: newer, about: { data: picture, url: newer } },
      { id: 2, old: null, url, about: { url } },
    ]);
    expect((await client.listImages()).images).toHaveLength(2);

    const overwriting = ["--column", "old", "--write-column", "url", "--overwrite"];
    const { counts } = await runBackfill(stack, [...flags, ...overwriting]);
    expect(counts).toMatchObject({ published: 1, has_url: 0 });
    expect((await rows())[0]).toMatchObject({ old: null, url });
  });

  test("finds the owner in the row that a row refers to, by its foreign key or a named column", async ({
    stack,
    owner: { sub, client },
  }) => {
    const { sql } = stack;
    await sql.unsafe(`
      create table ${table}_worlds (id uuid primary key, user_id text not null);
      create table ${table} (
        id uuid primary key, world_id uuid references ${table}_worlds, parent_id uuid, portrait text
      );
    `);
    const world = randomUUID();
    await sql`insert into ${sql(`${table}_worlds`)} values (${world}, ${sub})`;
    for (const [world_id, parent_id] of [
      [world, null],
      [null, world],
      [null, null],
    ])
      await sql`
        insert into ${sql(table)}
        values (${randomUUID()}, ${world_id!}, ${parent_id!}, ${await base64("#414243")})
      `;
    const flags = ["--table", table, "--column", "portrait"];
    const named = [...flags, "--owner-column", `${table}_worlds.user_id`];

    const first = await runBackfill(stack, named);
    expect(first.counts).toMatchObject({ published: 1, no_owner: 2 });
    expect(first.skipped[0]).toEqual({
      id: expect.any(String),
      outcome: "no_owner",
      reason: "The row names no owner of 1 to 255 characters: name one for such rows with --owner",
    });
    const second = await runBackfill(stack, [...named, "--owner-key", "parent_id"]);
    expect(second.counts).toMatchObject({ published: 1, no_owner: 1 });
    expect((await client.listImages()).images).toHaveLength(2);
    await sql`
      insert into ${sql(table)} values (${randomUUID()}, ${world}, null, ${await base64("#414244")})
    `;
    const third = await runBackfill(stack, [...named, "--owner", `other than ${sub}`]);
    expect(third.counts).toMatchObject({ published: 2, no_owner: 0 });
    expect((await client.listImages()).images).toHaveLength(3);

    await expect(
      runBackfill(stack, [...flags, "--owner-column", "lore_pieces.name"]),
    ).rejects.toThrow(/has 0 foreign keys to lore_pieces: name its column .* with --owner-key/);
    await expect(runBackfill(stack, [...flags, "--owner-column", "user"])).rejects.toThrow(
      /has no column user: name yours with --owner-column, as table\.column/,
    );
  });

  test("accepts keys of several columns of any type, in batches", async ({
    stack,
    owner: { sub, client },
  }) => {
    const { sql } = stack;
    await sql.unsafe(`
      create type ${table}_kind as enum ('b', 'a');
      create table ${table} (
        at timestamptz(6), kind ${table}_kind, "No." numeric, avatar text, primary key (kind, at, "No.")
      );
    `);
    const keys = [
      ["2024-01-01 10:00:00.123456+02", "a", "1.50"],
      ["2024-01-01 10:00:00.123457+02", "a", "1.5"],
      ["2024-01-01 10:00:00.123456+02", "b", "1.5"],
      ["2024-01-01 10:00:00.123456+02", "b", "10"],
      ["infinity", "b", "NaN"],
    ];
    for (const [at, kind, no] of keys)
      await sql.unsafe(
        `insert into ${table} values ($1::text::timestamptz, $2::text::${table}_kind, $3::text::numeric, $4)`,
        [at!, kind!, no!, await base64("#515253")],
      );
    const { counts } = await runBackfill(stack, [
      ...["--table", table, "--column", "avatar", "--owner", sub, "--batch", "2"],
    ]);
    expect(counts).toMatchObject({ done: 5, published: 5 });
    expect(new Set(await sql`select avatar from ${sql(table)}`).size).toBe(5);
    expect((await client.listImages()).images).toHaveLength(5);

    const flags = ["--table", table, "--column", "avatar", "--owner", sub];
    await expect(runBackfill(stack, [...flags, "--id", "at,kind"])).rejects.toThrow(
      /at, kind has no unique index of its own/,
    );
    await sql.unsafe(`alter table ${table} add id int unique`);
    await expect(runBackfill(stack, flags)).rejects.toThrow(/\.id may be null: name another --id/);
  });

  test.for<[string, (n: number) => string]>([
    ["char(36)", (n) => `00000000-0000-4000-8000-00000000000${n}`],
    ["varchar(36)", (n) => `key ${n}`],
    ["bit(4)", (n) => n.toString(2).padStart(4, "0")],
    ["bpchar", (n) => `key ${n}`],
  ])("accepts keys of %s, in batches", async ([type, keyOf], { stack, owner: { sub } }) => {
    const { sql } = stack;
    await sql.unsafe(`create table ${table} (id ${type} primary key, avatar text)`);
    for (const n of [1, 2, 3, 4, 5])
      await sql.unsafe(`insert into ${table} values ($1::text::${type}, $2)`, [
        keyOf(n),
        await base64("#525354"),
      ]);
    const { counts, after } = await runBackfill(stack, [
      ...["--table", table, "--column", "avatar", "--owner", sub, "--batch", "2"],
    ]);
    expect(counts).toMatchObject({ done: 5, published: 5 });
    expect(after).toMatchObject({ base64: 0, permanent: 5 });
  });

  test("ends a batch before it fills the memory, but has at least one row", async ({ stack }) => {
    const { sql } = stack;
    await createAvatars(
      stack,
      ["a", "b", "c", "d", "e"].map((digit, n) => ["x", digit.repeat([40, 300, 30, 30, 90][n]!)]),
    );
    const flags = parseFlags([...databaseFlag(sql), ...avatarFlags()]);
    const described = await describeTable(sql, flags);
    const batches: string[] = [];
    for (let after: string[] | undefined; ; ) {
      const urls = { discordOrigins: ["https://x"], hosts: [], publicUrl: "https://y" };
      const limits = { size: 4, maxChars: 200, maxBatchChars: 100 };
      const rows = await readBatch(sql, described, { urls, after, ...limits });
      if (rows.length === 0) break;
      batches.push(rows.map(({ id, value }) => `${id}:${value?.length ?? "too long"}`).join(" "));
      after = rows.at(-1)!.key;
    }
    expect(batches).toEqual(["1:40", "2:too long", "3:30 4:30", "5:90"]);
  });

  test("lists base64 of a picture that has a wrong character anywhere, and leaves other text", async ({
    stack,
    owner: { sub },
  }) => {
    const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: "#369" } });
    const pictures = await Promise.all([
      picture.clone().png().toBuffer(),
      picture.clone().jpeg().toBuffer(),
      picture.clone().webp().toBuffer(),
      picture.clone().gif().toBuffer(),
      picture.clone().avif().toBuffer(),
    ]);
    const broken = pictures
      .map((bytes) => bytes.toString("base64"))
      .map((text) => `${text.slice(0, 60)}%${text.slice(61)}`);
    await createAvatars(
      stack,
      [...broken, "100% sure"].map((value): [string, string] => [sub, value]),
    );
    const { counts, skipped } = await runBackfill(stack, avatarFlags());
    expect(counts).toMatchObject({ published: 0, not_recoverable: broken.length });
    expect(skipped.map(({ id }) => id)).toEqual(["1", "2", "3", "4", "5"]);
    expect(await avatars(stack)).toEqual([...broken, "100% sure"]);
  });

  test("fetches URLs of allowed hosts, lists those that are gone, and leaves all others", async ({
    stack,
    owner: { sub, client },
  }) => {
    const picture = await png(64, "#616263");
    provider.add("/out/0.png", picture);
    const kept = [
      "https://elsewhere.example.com/1.png",
      `https://evil-${allowedHost}/1.png`,
      `https://${allowedHost}:444/1.png`,
      "/uploads/1.png",
      "avatar.png",
      "",
    ];
    const [found, gone] = ["/out/0.png?sig=secret", "/out/gone.png?sig=secret"].map(
      (path) => `https://${allowedHost}${path}`,
    );
    await createAvatars(stack, [
      ...[...kept, found!, gone!].map((value): [string, string] => [sub, value]),
      [null, `https://${allowedHost}/of-no-owner.png`],
    ]);

    const { skipped, counts, before } = await runBackfill(stack, avatarFlags(), {
      origin: provider.origin,
    });

    expect(before).toMatchObject({ url: 3, other: 5, base64: 0 });
    expect(counts).toMatchObject({ published: 1, not_recoverable: 1, no_owner: 1 });
    expect(skipped).toMatchObject([
      { id: "8", outcome: "not_recoverable", reason: "The URL's image is not there: 404" },
      { id: "9", outcome: "no_owner" },
    ]);
    expect(provider.asked).not.toContain("/of-no-owner.png");
    const [image] = (await client.listImages()).images;
    expect(image).toMatchObject({ platform: "url", status: "published" });
    expect(await avatars(stack)).toMatchObject([...kept, image!.url, gone, expect.any(String)]);
    expect(picture.equals(await bytesAt(image!.url))).toBe(true);
    const [{ source } = { source: "" }] = await stack.sql`
      select source::text from images where image_id = ${image!.image_id}
    `;
    expect(source).not.toContain("secret");
  });

  test("writes an event of each picture when it is asked to, else none", async ({
    stack,
    owner: { sub },
  }) => {
    const { sql } = stack;
    await sql`update event_settings set is_on = true`;
    const events = () => sql`
      select type, data ->> 'url' as url from events where owner_id = ${`user:${sub}`}
    `;
    await createAvatars(stack, [[sub, await base64("#d1d2d3")]]);
    await runBackfill(stack, avatarFlags());
    expect([...(await events())]).toEqual([]);

    await sql`insert into ${sql(table)} (user_id, avatar) values (${sub}, ${await base64("#d1d2d4")})`;
    await runBackfill(stack, [...avatarFlags(), "--events"]);
    await sql`update event_settings set is_on = false`;
    expect([...(await events())]).toEqual([
      { type: "image.published", url: (await avatars(stack))[1] },
    ]);
  });

  test.for<[string[], string[]]>([
    [[], []],
    [["--events"], ["image.published", "erasure.done"]],
  ])(
    "writes, with %j, these events of a row that was deleted meanwhile: %j",
    async ([flags, types], { stack, owner: { sub } }) => {
      const { sql } = stack;
      const owner_id = `user:${sub}`;
      await createAvatars(stack, [[sub, await base64("#d1d2d5")]]);
      const put: PublicBucket["put"] = async (key, object) => {
        await images.put(key, object);
        await sql`delete from ${sql(table)}`;
      };
      await sql`update event_settings set is_on = true`;
      await runBackfill(stack, [...avatarFlags(), ...flags], { images: { ...images, put } });
      const { count } = await sql`update erasures set done_at = now() where owner_id = ${owner_id}`;
      await sql`update event_settings set is_on = false`;
      expect(count).toBe(1);
      const events =
        await sql`select type from events where owner_id = ${owner_id} order by created_at`;
      expect(events.map(({ type }) => type)).toEqual(types);
    },
  );

  test("makes images over the limits smaller when it is asked to", async ({
    stack,
    owner: { sub, client },
  }) => {
    const wide = await drawnPicture(12_400, 700).jpeg().toBuffer();
    await createAvatars(stack, Array(2).fill([sub, wide.toString("base64")]));
    const { skipped } = await runBackfill(stack, avatarFlags());
    expect(skipped[0]!.reason).toMatch(
      /^This picture measures 12,400 × 700 pixels: each side must have/,
    );
    let [running, most] = [0, 0];
    const watched: Decoder = {
      async run(job) {
        const isLarge = job.bounds.memoryBytes > 1_000_000_000;
        if (isLarge) most = Math.max(most, ++running);
        return decoder()
          .run(job)
          .finally(() => isLarge && running--);
      },
    };
    const flags = [...avatarFlags(), "--shrink"];
    const { counts, noted } = await runBackfill(stack, flags, { decoder: watched });
    expect(counts).toMatchObject({ published: 2 });
    expect(most).toBe(1); // each may use 2 GB
    expect(noted).toHaveLength(2);
    expect(noted[0]).toEqual({ id: "1", outcome: "published", notes: ["made smaller"] });
    const [image] = (await client.listImages()).images;
    expect(image).toMatchObject({ content_type: "image/jpeg", width: 6_324, height: 357 });
  });
});

describe("a backfill that ended in the middle", () => {
  test("continues with the same image when it had not stored it, which the sweep leaves alone", async ({
    stack,
    owner: { sub, client },
  }) => {
    await createAvatars(stack, [[sub, await base64("#717273")]]);
    const put: PublicBucket["put"] = async () => Promise.reject(new Error("the power went"));
    await expect(runBackfill(stack, avatarFlags(), { images: { ...images, put } })).rejects.toThrow(
      /^Nothing can be stored: the power went/,
    );
    const pending = () => stack.sql<{ image_id: string }[]>`
      select image_id, platform, queued_at, requeues, attempts from images
      where owner_id = ${`user:${sub}`} and status = 'pending'
    `;
    const before = [...(await pending())];
    expect(before).toMatchObject([{ platform: "base64", queued_at: null }]);
    await stack.sql`update images set created_at = now() - interval '1 day'`;
    await sweep(stack);
    expect([...(await pending())]).toEqual(before);

    expect((await runBackfill(stack, avatarFlags())).counts).toMatchObject({ published: 1 });
    const [image, ...others] = (await client.listImages()).images;
    expect(image).toMatchObject({ status: "published", image_id: before[0]!.image_id });
    expect(others).toEqual([]);
  });

  test("begins anew when the sweep has removed what was left unfinished for an hour", async ({
    stack,
    owner: { sub, client },
  }) => {
    provider.add("/unfinished.png", await png(64, "#747577"));
    await createAvatars(stack, [
      [sub, await base64("#747576")],
      [sub, `https://${allowedHost}/unfinished.png`],
    ]);
    const keys: string[] = [];
    const put: PublicBucket["put"] = async (key, object) => {
      await images.put(key, object);
      keys.push(key);
      throw new Error("the power went");
    };
    const { origin } = provider;
    const failing = { origin, images: { ...images, put } };
    await expect(runBackfill(stack, avatarFlags(), failing)).rejects.toThrow();
    await stack.sql`
      update images set expires_at = expires_at - interval '61 minutes' where status = 'pending'
    `;
    await sweep(stack);
    for (const key of keys) expect((await fetch(images.url(key))).status).toBe(404);

    const { counts } = await runBackfill(stack, avatarFlags(), { origin });
    expect(counts).toMatchObject({ published: 2 });
    const listed = (await client.listImages()).images.map(({ url }) => url);
    expect(listed.sort()).toEqual((await avatars(stack)).sort());
    expect(keys).toHaveLength(2);
  });

  test("is not redriven by npm run dlq: only the backfill has the source", async ({
    stack,
    owner: { sub, client },
  }) => {
    provider.add("/lost.png", await png(64, "#747578"));
    await createAvatars(stack, [[sub, `https://${allowedHost}/lost.png`]]);
    await runBackfill(stack, avatarFlags(), { origin: provider.origin });
    // as the audit does when the object is gone
    await stack.sql`update images set status = 'failed', url = null, key = null where owner_id = ${`user:${sub}`}`;
    expect(await resetFailed(stack.sql)).toBe(0);
    expect((await client.listImages()).images).toMatchObject([{ status: "failed" }]);
  });

  test("continues with the same object when it had stored it, which the audit knows", async ({
    stack,
    owner: { sub, client },
  }) => {
    await createAvatars(stack, [[sub, await base64("#818283")]]);
    const keys: string[] = [];
    const put: PublicBucket["put"] = async (key, object) => {
      await images.put(key, object);
      keys.push(key);
      throw new Error("the power went");
    };
    await expect(
      runBackfill(stack, avatarFlags(), { images: { ...images, put } }),
    ).rejects.toThrow();
    expect((await ownAudit(stack)).orphans).toEqual([]);
    expect((await audit()).orphans.map(({ key }) => key)).not.toContain(keys[0]);

    await runBackfill(stack, avatarFlags());
    expect(await avatars(stack)).toEqual([images.url(keys[0]!)]);
    expect((await client.listImages()).images).toHaveLength(1);
  });

  test("writes the URL of what it had published, also when the source has expired since", async ({
    stack,
    owner: { sub, client },
  }) => {
    const { sql } = stack;
    const picture = await png(64, "#919293");
    provider.add("/once.png", picture);
    await createAvatars(stack, [
      [sub, `https://${allowedHost}/once.png`],
      [sub, await base64("#919294")],
    ]);
    await sql.unsafe(`
      create function ${table}_f() returns trigger language plpgsql as $$ begin raise 'no power'; end $$;
      create trigger off before update on ${table} execute function ${table}_f();
    `);
    await expect(runBackfill(stack, avatarFlags(), { origin: provider.origin })).rejects.toThrow(
      "no power",
    );
    const before = (await client.listImages()).images;
    expect(before.map(({ status }) => status)).toEqual(["published", "published"]);
    await sql.unsafe(`drop trigger off on ${table}`);
    provider.remove("/once.png");

    const put: PublicBucket["put"] = () => Promise.reject(new Error("nothing is stored twice"));
    const replaced = { origin: provider.origin, images: { ...images, put } };
    const { counts } = await runBackfill(stack, avatarFlags(), replaced);
    expect(counts).toMatchObject({ published: 2, not_recoverable: 0 });
    expect((await client.listImages()).images).toEqual(before);
    expect((await avatars(stack)).sort()).toEqual(before.map(({ url }) => url).sort());
  });

  test("erases the image of a row that was deleted meanwhile, and leaves a changed row as it is", async ({
    stack,
    owner: { sub, client },
  }) => {
    const { sql } = stack;
    const newer = await base64("#a1a2a5");
    await createAvatars(stack, [
      [sub, await base64("#a1a2a3")],
      [sub, await base64("#a1a2a4")],
    ]);
    let changed: Promise<unknown> | undefined;
    const put: PublicBucket["put"] = async (key, object) => {
      await images.put(key, object);
      changed ??= Promise.all([
        sql`delete from ${sql(table)} where id = 1`,
        sql`update ${sql(table)} set avatar = ${newer} where id = 2`,
      ]);
      await changed;
    };
    const { skipped } = await runBackfill(stack, avatarFlags(), { images: { ...images, put } });
    expect(skipped.map(({ id, outcome }) => [id, outcome])).toEqual([
      ["1", "changed"],
      ["2", "changed"],
    ]);
    expect(await avatars(stack)).toEqual([newer]);
    const [left, ...others] = (await client.listImages()).images;
    expect(others).toEqual([]);

    expect((await runBackfill(stack, avatarFlags())).counts).toMatchObject({ published: 1 });
    const [url] = await avatars(stack);
    expect(url).not.toBe(left!.url);
    expect((await png(64, "#a1a2a5")).equals(await bytesAt(url))).toBe(true);
    await sweep(stack);
    expect(await ownAudit(stack)).toEqual({ orphans: [], missing: [] });
  });

  test("has one image for each row when two run at the same time", async ({
    stack,
    owner: { sub, client },
  }) => {
    await createAvatars(
      stack,
      await Promise.all(
        Array.from({ length: 12 }, async (_, n): Promise<[string, string]> => {
          return [sub, await base64(`#b1b2${(16 + n).toString(16)}`)];
        }),
      ),
    );
    const both = await Promise.all(
      ["3", "5"].map((size) => runBackfill(stack, [...avatarFlags(), "--batch", size])),
    );
    expect(both.flatMap(({ skipped }) => skipped)).toEqual([]);
    const listed = (await client.listImages()).images.map(({ url }) => url);
    expect(listed.sort()).toEqual((await avatars(stack)).sort());
  });
});

describe("npm run backfill", () => {
  test("prints which rows were not quite right, and warns of pictures that nothing can erase", async ({
    stack,
    owner: { sub },
  }) => {
    const picture = await base64("#c1c2c3");
    await createAvatars(stack, [
      [sub, `${picture}\n`],
      [sub, `data:image/gif;base64,${picture}`],
    ]);
    const owned = await outputOf(() => main([...databaseFlag(stack.sql), ...avatarFlags()]));
    expect(owned).toMatch(/^2 pictures \(0\.0 MB\) published\.$/m);
    expect(owned).toMatch(/^1 of these: line breaks or spaces {2}\(1\)$/m);
    expect(owned).toMatch(
      /^1 of these: labelled image\/gif, but its bytes are image\/png {2}\(2\)$/m,
    );
    expect(owned).not.toContain("get no rows");

    await stack.sql.unsafe(
      `create table ${table}_p (id uuid primary key, world_id uuid, details json)`,
    );
    const output = await outputOf(() =>
      main([...databaseFlag(stack.sql), "--table", `${table}_p`]),
    );
    expect(output).toMatch(/^!! {2}These pictures get no rows in Keepsake: nothing there can list/);
  });

  test.each([
    [["--column", "avatar"], /^Name whose pictures these are with --owner-column or --owner: /],
    [["--json-key", "avatar"], /^Name whose pictures these are with --owner-column or --owner: /],
    [["--column", "a", "--json-key", "b"], /^Name either a text column with --column, or a key/],
    [["--write-column", "a", "--json-key", "b", "--write-key", "c"], /^Name either --write-column/],
    [["--write-key", "c", "--owner", "x"], /^Name the key that is read too, with --json-key/],
    [["--world-id", "w", "--owner", "x"], /^Leave --world-id out/],
    [["--events"], /^Name the owners too: there are no events of pictures without one/],
    [
      ["--database-url", "mysql://127.0.0.1/shop"],
      /^Name the product's database, which must be Postg/,
    ],
  ])("explains in one line what is wrong with %j", (flags, message) => {
    const parse = () => parseFlags(["--database-url", "postgres://127.0.0.1/shop", ...flags]);
    expect(parse).toThrow(message);
  });

  test("explains its flags", async () => {
    const output = await outputOf(() => main(["--help"]));
    for (const flag of ["--column", "--json-key", "--owner-column", "--shrink", "--report"])
      expect(output).toContain(`  ${flag} `);
  });
});

/** The audit's result for this file's own rows and keys: the buckets are shared with the other files. */
async function ownAudit({ sql }: TestStack) {
  const { orphans, missing } = await audit();
  const rows = await sql`select image_id from images`;
  return {
    orphans: orphans.filter(({ key }) => rows.some(({ image_id }) => key.includes(image_id))),
    missing,
  };
}

/** Stands in for an allowed host: serves files by their path. */
async function startProvider() {
  const files = new Map<string, Buffer>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [path = ""] = request.url?.replace(`/${allowedHost}/`, "/").split("?") ?? [];
    asked.push(path);
    const bytes = files.get(path);
    response.writeHead(bytes ? 200 : 404).end(bytes);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    asked,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (path: string, bytes: Buffer) => void files.set(path, bytes),
    remove: (path: string) => void files.delete(path),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
