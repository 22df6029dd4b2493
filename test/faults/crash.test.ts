import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient } from "@keepsake/client/client";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import { type RouteName, routes } from "@keepsake/contract/routes";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import postgres, { type Sql } from "postgres";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { character, faction } from "../support/drafts.ts";
import { putTo, sha256Of, uploadRequest } from "../support/files.ts";
import { gpsJpeg, png } from "../support/images.ts";
import { deliver, request, sweep, type TestStack, testStack } from "../support/stack.ts";
import {
  type Fault,
  faultPlan,
  faults,
  httpWire,
  postgresWire,
  type Wire,
} from "./support/faultyProxies.ts";
import { brokenRules, marker, type Written, watchR2 } from "./support/invariants.ts";
import { deliverQueued, passDays, settleEverything } from "./support/passTime.ts";
import { isFull, report } from "./support/report.ts";

/**
 * Every verb stands on wires to Postgres, R2, SQS and Telegram that count what it asks of them. It runs
 * once to learn how many calls it makes, and then once for every call and every way of going wrong. A
 * call that is added tomorrow is counted, and broken, like any other.
 */
const plan = faultPlan();
const telegramToken = "8080:a_token_that_no_row_may_hold";
const ran: { verb: string; calls: number; cases: number }[] = [];

let stack: TestStack;
let sql: Sql;
let telegram: EmbeddedTelegram;
let wires: { stop(): Promise<void> }[];
let written: Written;
let clean: Buffer;
let other: Buffer;
let photo: Buffer;
const expected = new Map<string, string>();
/** Pieces that an answer named, and who was told. */
const told = new Map<string, string>();

beforeAll(async () => {
  const parts = inject("parts");
  written = watchR2(parts.r2);
  telegram = await embeddedTelegram({ port: 0, botToken: telegramToken, botName: "keepsake_bot" });
  const { decide, enter } = plan;
  const wire = (system: string, target: string, watch?: Written["watch"]): Promise<Wire> =>
    httpWire(system, target, { decide, enter, ...(watch && { watch }) });
  const [database, r2, sqs, bot] = await Promise.all([
    postgresWire(parts.databaseUrl, { decide, enter }),
    wire("R2", parts.r2.endpoint, written.watch),
    wire("SQS", parts.sqsEndpoint),
    wire("Telegram", telegram.api),
  ]);
  wires = [database, r2, sqs, bot];
  vi.useFakeTimers({ toFake: ["setInterval"] }); // a sweep by the clock would be counted as a call
  stack = await testStack({
    consume: false,
    parts: {
      databaseUrl: database.url,
      r2: { ...parts.r2, endpoint: r2.url },
      sqsEndpoint: sqs.url,
    },
    telegram: { ...telegram, api: bot.url },
  });
  vi.useRealTimers();
  const [{ name }] = await stack.sql<[{ name: string }]>`select current_database() as name`;
  sql = postgres(Object.assign(new URL(parts.databaseUrl), { pathname: `/${name}` }).href, {
    max: 2,
    onnotice() {},
  });
  [clean, other, photo] = await Promise.all([png(32, "#7a4b2f"), png(40, "#2f7a4b"), gpsJpeg()]);
});

afterAll(async () => {
  const cases = ran.reduce((sum, verb) => sum + verb.cases, 0);
  const calls = ran.reduce((sum, verb) => sum + verb.calls, 0);
  process.stdout.write(`crash: ${cases} cases at ${calls} calls of ${ran.length} verbs\n`);
  if (ran.length === Object.keys(verbs).length)
    report("crash", [
      `${calls} calls of ${ran.length} verbs, each broken in these ways: ${Object.values(faults).join("; ")}.`,
      "",
      "| verb | calls | cases |",
      "|---|---:|---:|",
      ...ran.map((verb) => `| ${verb.verb} | ${verb.calls} | ${verb.cases} |`),
      `| **all** | **${calls}** | **${cases}** |`,
    ]);
  await stack.stop();
  await sql.end();
  await Promise.all(wires.map((wire) => wire.stop()));
  await telegram.stop();
});

type Verb = {
  /** Sets the scene. What it resolves to runs with a fault, and again until it succeeds. */
  prepare(client: Client, sub: string): Promise<() => Promise<unknown>>;
  /** Answers that tell a repeat that the first one did it all. */
  done?: ErrorCode[];
  /** True when worlds are gone afterwards. */
  deletes?: boolean;
  /** True for what touches everybody's rows: its scenes are set one by one. */
  isGlobal?: boolean;
};

const verbs: Record<string, Verb> = {
  generateCharacters: {
    prepare: async (client) => () => client.generateCharacters({ theme: "norse", count: 1 }),
  },
  createWorld: {
    prepare: async (client, sub) => {
      const world = { theme: "norse", pieces: await cast() };
      return () => client.createWorld(world, { idempotencyKey: keyOf(sub) });
    },
  },
  "createWorld of an uploaded image": {
    prepare: async (client, sub) => {
      const { image_id: portrait_image_id } = await uploaded(client);
      const pieces = [{ ...faction, type: "character" as const, portrait_image_id }];
      return () => client.createWorld({ theme: "norse", pieces }, { idempotencyKey: keyOf(sub) });
    },
  },
  addPieces: {
    prepare: async (client, sub) => {
      const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
      const more = { world_id: world.world_id, pieces: await cast() };
      return () => client.addPieces(more, { idempotencyKey: keyOf(sub) });
    },
  },
  replacePortrait: {
    prepare: async (client) => {
      const { world_id, piece_id } = await publishedPiece(client);
      expected.set(piece_id, sha256Of(other));
      const image_portrait_base64 = other.toString("base64");
      return () => client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    },
  },
  "replacePortrait by an uploaded image": {
    prepare: async (client) => {
      const { image_id } = await uploaded(client);
      const { world_id, piece_id } = await publishedPiece(client);
      expected.set(piece_id, sha256Of(clean));
      return () => client.replacePortrait({ world_id, piece_id, image_id });
    },
  },
  uploadPortraits: {
    prepare: async (client) => {
      const { world } = await client.createWorld({ theme: "norse", pieces: await cast() });
      const messages = world.pieces
        .filter(({ type }) => type === "character")
        .map(({ piece_id }) => ({ piece_id, version: 1 }));
      return () => delivered("PortraitQueue", messages);
    },
  },
  "uploadPortraits of an uploaded image": {
    prepare: async (client) => {
      const { image_id: portrait_image_id } = await uploaded(client);
      const pieces = [{ ...faction, type: "character" as const, portrait_image_id }];
      const { world } = await client.createWorld({ theme: "norse", pieces });
      const { piece_id } = world.pieces[0]!;
      return () => delivered("PortraitQueue", [{ piece_id, version: 1 }]);
    },
  },
  presignUpload: {
    prepare: async (client) => () => client.presignUpload(uploadRequest(clean)),
  },
  "the browser's PUT": {
    prepare: async (client) => {
      const ticket = await client.presignUpload(uploadRequest(clean));
      return async () => {
        const { status } = await putTo(ticket, clean);
        if (status !== 200 && status !== 412) throw new Error(`R2 answered ${status}`);
        await client.completeUpload(ticket);
        expect((await putTo(ticket, clean)).status, "a replay").toBe(412);
      };
    },
  },
  completeUpload: {
    prepare: async (client) => {
      const ticket = await client.presignUpload(uploadRequest(photo, "image/jpeg"));
      await putTo(ticket, photo);
      return () => client.completeUpload(ticket);
    },
  },
  "completeUpload of a duplicate": {
    prepare: async (client) => {
      await uploaded(client);
      const ticket = await client.presignUpload(uploadRequest(clean));
      await putTo(ticket, clean);
      return () => client.completeUpload(ticket);
    },
  },
  deleteImage: {
    prepare: async (client) => {
      const { image_id } = await uploaded(client);
      return () => client.deleteImage({ image_id });
    },
    done: ["image.not_found"],
  },
  deleteWorld: {
    prepare: async (client) => {
      const { world_id } = await publishedPiece(client);
      return () => client.deleteWorld({ world_id });
    },
    done: ["world.not_found"],
    deletes: true,
  },
  eraseOwner: {
    prepare: async (client) => {
      await publishedPiece(client);
      await uploaded(client);
      return () => client.eraseOwner();
    },
    deletes: true,
  },
  rehostImage: {
    prepare: async (client) => {
      const { file_id, file_unique_id } = telegram.addFile(clean);
      const source = { platform: "telegram" as const, file_id, file_unique_id };
      return () => client.rehostImage({ source });
    },
  },
  "telegramRehost of a photo": {
    prepare: async () => {
      const update = photoUpdate();
      return () => posted(update);
    },
  },
  "rehostImages and the bot's reply": {
    prepare: async () => {
      const update = photoUpdate();
      await posted(update);
      const image_id = await imageOf(update);
      return () => delivered("RehostQueue", [{ image_id }]);
    },
  },
  linkTelegram: {
    prepare: async (client) => () => client.linkTelegram(),
  },
  "telegramRehost of /start, the button and /unlink": {
    prepare: async (client) => {
      const { url } = await client.linkTelegram();
      const token = new URL(url).searchParams.get("start");
      const from = somebody();
      const message = { message_id: 1, from, chat: { id: from.id, type: "private" } };
      const press = { id: "1", from, message, data: `link:${token}` };
      return async () => {
        await posted({ update_id: 1, message: { ...message, text: `/start ${token}` } });
        await posted({ update_id: 2, callback_query: press });
        await posted({ update_id: 3, message: { ...message, text: "/unlink" } });
      };
    },
  },
  sweep: {
    prepare: async (client) => {
      await leftBehind(client);
      return () => swept();
    },
    deletes: true,
    isGlobal: true,
  },
};

test("no verb is left out", () => {
  const names = (Object.keys(routes) as RouteName[]).filter(
    (name) => routes[name].method !== "GET",
  );
  const covered = Object.keys(verbs).map((verb) => verb.split(" ")[0]);
  expect(
    [...names, "uploadPortraits", "rehostImages", "sweep"].filter(
      (name) => !covered.includes(name),
    ),
  ).toEqual([]);
});

describe("killed, cut off or left without an answer at any call,", () => {
  test.for(Object.keys(verbs))(
    "%s loses nothing and leaves nothing behind",
    {
      timeout: 300_000,
    },
    async (name) => {
      const verb = verbs[name]!;
      const first = await plan.during(await scene(verb, `${name} without a fault`));
      if (first.outcome!.status === "rejected") throw first.outcome!.reason;
      await settleEverything(stack, sql);
      const calls = first.calls.length;
      expect(calls).toBeGreaterThan(0);

      const cases = someCases(first.calls);
      const found: string[] = [];
      for (const group of inGroups(cases, verb.isGlobal ? 1 : 24)) {
        const scenes = await Promise.all(
          group.map(async (fault) => {
            const sub = `${name}, ${fault.kind} at ${fault.at} (${first.calls[fault.at]})`;
            return { fault, sub, act: await scene(verb, sub) };
          }),
        );
        const answered: string[] = [];
        for (const { fault, sub, act } of scenes) {
          const { outcome, struck } = await plan.during(act, fault);
          if (!struck && !verb.isGlobal) found.push(`${sub}: the call was not made`);
          if (outcome!.status === "fulfilled") answered.push(`user:${sub}`);
          else found.push(...(await repeated(act, verb, sub)));
        }
        await sweep(stack);
        await deliverQueued(stack);
        for (const owner of await unsettled(answered))
          found.push(`${owner}: was answered, but waits for days`);
      }
      await settleEverything(stack, sql);
      found.push(...(await brokenRules(world())));
      if (!verb.deletes) found.push(...(await forgotten()));
      await forgetChecked();
      expect(found).toEqual([]);
      ran.push({ verb: name, calls, cases: cases.length });
    },
  );
});

const world = () => ({
  sql,
  cdn: stack.cdn,
  r2: inject("parts").r2,
  written,
  secrets: [telegramToken.split(":")[1]!, inject("parts").r2.secretAccessKey],
  expected,
});

/**
 * Every case with FAULTS=all. By default one in a few of those at Postgres, where a transaction makes most
 * of them alike, and of the verbs with very many; the step is odd, so that every way has its turn.
 */
function someCases(calls: string[]): Fault[] {
  const kinds = Object.keys(faults) as Fault["kind"][];
  const cases = calls.flatMap((_, at) => kinds.map((kind) => ({ kind, at })));
  if (isFull) return cases;
  const isAlike = ({ at }: Fault) => cases.length > 100 || calls[at]!.startsWith("Postgres");
  const step = cases.length > 100 ? 11 : 5;
  return cases.filter((fault, index) => !isAlike(fault) || (index + ran.length) % step === 0);
}

/** What was checked is not checked again with the next verb. */
async function forgetChecked() {
  await sql`truncate worlds, images, requests, erasures, telegram_accounts, telegram_links cascade`;
  told.clear();
  written.images.clear();
  written.incoming.clear();
}

const keyOf = (sub: string) => encodeURIComponent(sub).slice(0, 255);

const scene = (verb: Verb, sub: string) => verb.prepare(watching(sub), sub);

/** Does it again, as a caller, a queue or Telegram would, and resolves to why it never worked. */
async function repeated(act: () => Promise<unknown>, { done = [] }: Verb, sub: string) {
  let last: unknown;
  for (let attempt = 0; attempt < 4; attempt += 1) {
    try {
      await act();
      return [];
    } catch (error) {
      if (error instanceof AppError && done.includes(error.code)) return [];
      last = error;
      await sleep(20);
    }
  }
  return [`${sub}: repeating it ends with ${last}`];
}

/** Owners of what is pending although nobody's death explains it. */
async function unsettled(owners: string[]) {
  const rows = await sql<{ owner_id: string }[]>`
    select w.owner_id from lore_pieces p join worlds w using (world_id)
    where p.portrait_status = 'pending' and w.owner_id in ${sql(["", ...owners])}
    union
    select owner_id from images
    where status = 'pending' and platform <> 'web' and owner_id in ${sql(["", ...owners])}
  `;
  return rows.map(({ owner_id }) => owner_id);
}

/** A client that fetches every public URL it is given, the moment it is given. */
function watching(sub: string): Client {
  return createClient({
    baseUrl: stack.api,
    token: () => stack.issuer.sign(sub),
    async fetch(...request) {
      const response = await fetch(...request);
      const text = await response.clone().text();
      for (const [url] of text.matchAll(new RegExp(`${stack.cdn}/[^"]+`, "g")))
        if ((await fetch(url)).status !== 200)
          written.broken.push(`${sub}: was given a URL without bytes`);
      for (const [, piece_id] of text.matchAll(/"piece_id":"([^"]+)"/g)) told.set(piece_id!, sub);
      return response;
    },
  });
}

/** Whoever was told of a piece that is not there. */
async function forgotten() {
  const rows = await sql<{ piece_id: string }[]>`select piece_id from lore_pieces`;
  const there = new Set(rows.map(({ piece_id }) => piece_id));
  return [...told]
    .filter(([piece_id]) => !there.has(piece_id))
    .map(([, sub]) => `${sub}: was told of a piece that is not there`);
}

/** Two characters, one of them with more in its portrait than a picture, and a faction. */
async function cast() {
  const cleanOne = await character("Clean", clean, { sha256: sha256Of(clean) });
  return [cleanOne, await character("Dirty", await dirty()), faction];
}

let dirtyPng: Promise<Buffer> | undefined;
function dirty() {
  dirtyPng ??= sharp(clean)
    .withExif({ IFD0: { Artist: `A. ${marker}` } })
    .png()
    .toBuffer();
  return dirtyPng;
}

async function publishedPiece(client: Client) {
  const pieces = [await character("Mira", clean, { sha256: sha256Of(clean) })];
  const { world } = await client.createWorld({ theme: "norse", pieces });
  const { piece_id } = world.pieces[0]!;
  await delivered("PortraitQueue", [{ piece_id, version: 1 }]);
  return { world_id: world.world_id, piece_id };
}

async function uploaded(client: Client) {
  const ticket = await client.presignUpload(uploadRequest(clean));
  await putTo(ticket, clean);
  return (await client.completeUpload(ticket)).image;
}

async function delivered(queue: "PortraitQueue" | "RehostQueue", messages: object[]) {
  const failed = await deliver(stack, queue, messages);
  if (failed.length > 0) throw new Error("The message is delivered again");
}

let lastUser = 5_000;
function somebody() {
  lastUser += 1;
  const user = { id: lastUser, first_name: "Mira" };
  telegram.phone(user);
  return user;
}

function photoUpdate() {
  const from = somebody();
  const { file_path: _, ...file } = telegram.addFile(clean);
  const document = { ...file, file_name: "map.png", mime_type: "image/png" };
  const chat = { id: from.id, type: "private" };
  return { update_id: from.id, message: { message_id: 1, date: 1, from, chat, document } };
}

async function posted(update: object) {
  const headers = { "x-telegram-bot-api-secret-token": stack.webhookSecret };
  const answer = await request(stack, "POST", "/telegram/webhook", { body: update, headers });
  if (answer.status !== 200) throw new Error("Telegram sends it again");
}

async function imageOf({ message }: ReturnType<typeof photoUpdate>): Promise<string> {
  const [image] = await sql`
    select image_id from images where owner_id = ${`telegram:${message.from.id}`}
  `;
  return image!.image_id;
}

/** Something of everything that a sweep finishes. */
async function leftBehind(client: Client) {
  await client.createWorld({ theme: "norse", pieces: await cast() });
  await posted(photoUpdate());
  const late = await client.presignUpload(uploadRequest(photo, "image/jpeg"));
  await putTo(late, photo);
  await client.deleteWorld(await publishedPiece(client));
  await uploaded(client);
  await passDays(sql);
  await client.deleteImage(await uploaded(client));
}

/** The sweep says what it could not do on the rows; it is what runs again a minute later. */
async function swept() {
  await sweep(stack);
}

function inGroups<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, index * size + size),
  );
}
