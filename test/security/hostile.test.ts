import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { hasOnlyPictureChunks, holdsOnlyPixels } from "@keepsake/core/imaging/formats/png";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { putTo, uploadRequest } from "../support/files.ts";
import { request, type TestStack, testStack } from "../support/stack.ts";
import { base64s, unpadded } from "./hostile/base64s.ts";
import type { HostileImage, Outcome, PortraitOutcome } from "./hostile/hostileImage.ts";
import { images } from "./hostile/images.ts";
import { type Answer, bodies, type Door, type HostileBody } from "./hostile/requests.ts";

/** How long one file may take at all its entrances, on a machine that is busy with others. */
const patienceMs = process.env.FAULTS === "all" ? 60_000 : 12_000;

const corpus = images.filter(({ heavy }) => !heavy || process.env.FAULTS === "all");

let stack: TestStack;
let telegram: EmbeddedTelegram;

beforeAll(async () => {
  telegram = await embeddedTelegram({
    port: 0,
    botToken: "8080:for_hostile_guests",
    botName: "keepsake_bot",
    webhookRetries: { pauseMs: 20, attempts: 3 },
  });
  stack = await testStack({ telegram });
});
afterAll(async () => {
  await stack?.stop();
  await telegram?.stop();
  process.stdout.write(
    `hostile: ${corpus.length} images and ${base64s.length} kinds of base64 and ${bodies.length} bodies\n`,
  );
});

describe("through all three entrances nothing bad comes of", () => {
  test.concurrent.for(
    corpus.map((hostile, index) => [hostile.name, { ...hostile, index }] as const),
  )("%s", { timeout: patienceMs + 3_000 }, async ([, hostile]) => {
    const bytes = await hostile.bytes();

    const [portrait, upload, rehost] = await Promise.all([
      asPortrait(hostile, bytes),
      asUpload(hostile, bytes),
      asRehost(hostile, bytes),
    ]);

    const expected = { portrait: hostile.portrait, upload: hostile.upload };
    expect({ portrait, upload, rehost }).toEqual({ ...expected, rehost: hostile.rehost });
  });

  test("all of it together: every row is settled, and what was refused is in no public object", async () => {
    const refused = await stack.sql`
      select image_id as id, status from images where status <> 'published'
      union all
      select piece_id, portrait_status from lore_pieces where portrait_status <> 'published'
    `;
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    const keys = (await publicKeys()).join("\n");
    expect(refused.filter(({ id }) => keys.includes(id))).toEqual([]);
  });
});

describe("the base64 of a portrait is taken, or not, when it is written", () => {
  let clean: string;
  beforeAll(async () => {
    clean = await unpadded();
  });

  test.concurrent.for(base64s.map((kind) => [kind.name, kind] as const))(
    "%s",
    async ([, { write, answer }]) => {
      const { status, body } = await sendPortrait("somebody who writes base64", write(clean));
      expect(status === 201 ? "201" : `${status} ${body.error.code}`).toBe(answer);
    },
  );
});

describe("the doors answer as they should to", () => {
  test.concurrent.for(bodies.map((hostile) => [hostile.name, hostile] as const))(
    "%s",
    async ([, hostile]) => {
      const body = Buffer.from(hostile.body());
      const answers: HostileBody["answers"] = {};
      for (const door of Object.keys(hostile.answers) as Door[])
        answers[door] = await knock(door, body, hostile);
      expect(answers).toEqual(hostile.answers);
    },
  );

  test("all of it together: nobody became anybody else, no table is gone, no picture came of it", async () => {
    expect((await request(stack, "GET", "/health")).status).toBe(200);
    const others = await stack.sql`
      select owner_id from worlds
      where theme <> 'hostile' and owner_id <> 'user:somebody hostile'
    `;
    expect([...others]).toEqual([]);
    expect(await stack.sql`select 1 from images where owner_id = 'telegram:1'`).toHaveLength(0);
    expect({}).not.toHaveProperty("isAdmin");
  });
});

test("docs/security.md names tests that exist", () => {
  const rows = readFileSync("docs/security.md", "utf8").split("\n");
  const named = rows.flatMap((row) => {
    let file = "";
    return [...row.matchAll(/`([\w/]+\.test\.ts)`|"([^"]+)"/g)].flatMap(([, next, name]) => {
      file = next ?? file;
      return file && name ? [{ file, name }] : [];
    });
  });
  expect(named.length).toBeGreaterThan(30);
  const missing = named.filter(
    ({ file, name }) => !readFileSync(`test/${file}`, "utf8").includes(name),
  );
  expect(missing).toEqual([]);
});

/** Sends a file as a portrait and waits for what becomes of it. */
async function asPortrait(hostile: Indexed, bytes: Buffer): Promise<PortraitOutcome> {
  const sub = `portrait ${hostile.index}`;
  const base64 = bytes.toString("base64");
  const { status, body } = await sendPortrait(sub, base64);
  if (status !== 201) {
    if (body.message === "Request Entity Too Large") return "at the door: 413";
    expect(body.error.details).toEqual({ piece: 0, name: "Odd" });
    return `at the door: ${body.error.code}` as PortraitOutcome;
  }

  const { world_id } = body.world;
  const { pieces } = await stack.client(sub).waitForPortraits(world_id, { timeoutMs: patienceMs });
  const { piece_id, portrait_status, portrait_error, details } = pieces[0]!;
  const [row] = await stack.sql`select details from lore_pieces where piece_id = ${piece_id}`;
  if (portrait_status !== "published") {
    expect(row?.details).toEqual({ image_portrait_base64: base64 });
    return `afterwards: ${codeOf(portrait_error)}` as PortraitOutcome;
  }
  expect(row?.details).toEqual({ image_portrait: details.image_portrait });
  return (await served(hostile, bytes, details.image_portrait)) as PortraitOutcome;
}

/** Uploads a file as a browser would, with the one type that every refusal may be told of. */
async function asUpload(hostile: Indexed, bytes: Buffer): Promise<Outcome> {
  const sub = `upload ${hostile.index}`;
  const send = (path: string, body?: object) => request(stack, "POST", path, { sub, body });
  const { status, body: ticket } = await send("/uploads", uploadRequest(bytes));
  if (status !== 201) return ticket.error.code;
  expect((await putTo(ticket, bytes)).status).toBe(200);

  const complete = () => send(`/uploads/${ticket.upload_id}/complete`);
  const first = await complete();
  const again = await complete();

  expect(again.status).toBe(first.status);
  if (first.status === 200) return served(hostile, bytes, first.body.image.url, first.body.image);
  expect(again.body.error.message).toBe(first.body.error.message);
  return first.body.error.code;
}

/** Sends a file to the bot, which answers with the image or with what is wrong. */
async function asRehost(hostile: Indexed, bytes: Buffer): Promise<Outcome> {
  const id = 10_000 + hostile.index;
  const phone = telegram.phone({ id, first_name: "Odd" });
  phone.sendDocument(bytes, { file_name: "odd.png", mime_type: "image/png" });
  const { text } = await phone.waitForReply(patienceMs);

  const [row] = await stack.sql`select * from images where owner_id = ${`telegram:${id}`}`;
  expect(text).toBe(row?.url ?? `This picture could not be stored. ${row?.error}.`);
  return row?.url ? served(hostile, bytes, row.url, row) : row?.error_code;
}

type Indexed = HostileImage & { index: number };

/** Looks at what is public as a stranger would: it must be a picture and nothing else. */
async function served(
  { hides, size, corner }: HostileImage,
  sent: Buffer,
  url: unknown,
  row?: { width?: unknown; height?: unknown; content_type?: unknown },
): Promise<Outcome> {
  const response = await fetch(String(url));
  const bytes = Buffer.from(await response.arrayBuffer());
  const type = response.headers.get("content-type") as Outcome;

  const { format, width, height, exif, xmp, icc, iptc, orientation, pages, comments } =
    await sharp(bytes).metadata();
  expect(`image/${format}`).toBe(type);
  expect({ exif, xmp, icc, iptc, orientation, pages, comments }).toEqual({});
  await sharp(bytes, { failOn: "warning" }).raw().toBuffer();
  expect(await isNothingButAPicture(bytes, type)).toBe(true);
  if (hides) expect(bytes.includes(hides)).toBe(false);
  if (size) expect([width, height]).toEqual(size);
  if (corner) {
    const pixel = await sharp(bytes)
      .extract({ left: 4, top: 4, width: 1, height: 1 })
      .raw()
      .toBuffer();
    const bright = [...pixel].map((value) => (value > 127 ? 1 : 0));
    expect(bright).toEqual(corner);
  }
  if (row) expect(row).toMatchObject({ width, height, content_type: type });
  return bytes.equals(sent) ? "unchanged" : type;
}

/** Reads the container itself: sharp would not tell of what it skips. */
async function isNothingButAPicture(bytes: Buffer, type: string): Promise<boolean> {
  if (type === "image/png") return hasOnlyPictureChunks(bytes) && holdsOnlyPixels(bytes);
  if (type === "image/webp") {
    const kinds = riffChunks(bytes);
    return kinds !== undefined && /^(VP8X (ALPH )?)?VP8[ L] $/.test(kinds);
  }
  // JFIF, tables, one frame, scans: no application segment but JFIF's, no comment, nothing behind
  const markers = jpegMarkers(bytes);
  return markers !== undefined && /^d8 (e0 )?((db|c4|dd) )*c[02] ((db|c4|da) )+d9 $/.test(markers);
}

/** The types of a WebP's chunks; undefined when it is longer or shorter than it says. */
function riffChunks(bytes: Buffer): string | undefined {
  let kinds = "";
  let at = 12;
  while (at + 8 <= bytes.length) {
    kinds += `${bytes.toString("latin1", at, at + 4)} `;
    const length = bytes.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return at === bytes.length && bytes.readUInt32LE(4) === at - 8 ? kinds : undefined;
}

/** The markers of a JPEG in hexadecimal; undefined when something stands between or behind them. */
function jpegMarkers(bytes: Buffer): string | undefined {
  let markers = "";
  for (let at = 0; at < bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) return undefined;
    markers += `${marker.toString(16)} `;
    if (marker === 0xd9) return at + 2 === bytes.length ? markers : undefined;
    at += marker === 0xd8 ? 2 : 2 + bytes.readUInt16BE(at + 2);
    if (marker === 0xda)
      while (bytes[at] !== 0xff || bytes[at + 1] === 0 || (bytes[at + 1]! & 0xf8) === 0xd0) at += 1;
  }
  return undefined;
}

/** A row keeps what was wrong in words. */
function codeOf(error: string | null): string {
  if (/^The image is damaged or cut off/.test(error ?? "")) return "image.damaged";
  if (/^The image takes too long to decode/.test(error ?? "")) return "image.too_complex";
  if (/^The image (measures|has) .*px|pixels/.test(error ?? "")) return "image.bad_dimensions";
  return `${error}`;
}

function sendPortrait(sub: string, image_portrait_base64: string) {
  const details = { image_portrait_base64 };
  const pieces = [{ type: "character", name: "Odd", description: "", details }];
  return request(stack, "POST", "/worlds", { sub, body: { theme: "hostile", pieces } });
}

/** Sends a body byte for byte, and resolves to the answer in the corpus's words. */
async function knock(door: Door, sent: Buffer, { headers, chunked }: HostileBody): Promise<Answer> {
  const [method, path] = door.split(" ");
  const outgoing = httpRequest(stack.api + path, {
    method,
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${await stack.issuer.sign("somebody hostile")}`,
      "x-telegram-bot-api-secret-token": stack.webhookSecret,
      ...(!chunked && !headers?.["transfer-encoding"] && { "content-length": sent.length }),
      ...headers,
    },
  });
  outgoing.on("error", () => {}); // it may come after the answer, from a server that has hung up
  const answered = once(outgoing, "response");
  for (let at = 0; chunked && at < sent.length; at += 7) outgoing.write(sent.subarray(at, at + 7));
  outgoing.end(chunked ? undefined : sent);
  const [response] = (await answered) as [IncomingMessage];
  const answer = Buffer.concat(await response.toArray()).toString();

  const { statusCode } = response;
  if (answer === "") return `${statusCode}` as Answer;
  expect(response.headers["content-type"]).toBe("application/json");
  expect(answer.length).toBeLessThan(5_000);
  const { error } = JSON.parse(answer);
  return (error ? `${statusCode} ${error.code}` : `${statusCode}`) as Answer;
}

/** Every key in the images bucket. */
async function publicKeys(): Promise<string[]> {
  const { imagesBucket: Bucket, ...link } = inject("parts").r2;
  const s3 = s3Client(link);
  const keys: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    keys.push(...(page.Contents ?? []).map(({ Key }) => Key!));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  return keys;
}
