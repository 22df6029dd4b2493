import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { request, type TestStack, testStack } from "../support/stack.ts";
import { putTo, uploadRequest } from "../support/uploadRequests.ts";
import { images } from "./hostile/allHostileImages.ts";
import { base64s, pngWithoutPadding } from "./hostile/base64s.ts";
import type { HostileImage, Outcome, PortraitOutcome } from "./hostile/hostileImage.ts";
import { bodies, type Expected, type HostileBody, type RouteKey } from "./hostile/requestBodies.ts";
import { foreignData } from "./support/checkPublishedImage.ts";
import { extractCompressedPixels } from "./support/extractCompressedPixels.ts";
import { formatOf } from "./support/formatOf.ts";
import { measureImageWork } from "./support/measureImageWork.ts";

/** How long one file may take in all three ways on a busy machine. */
const timeoutMs = process.env.FAULTS === "all" ? 60_000 : 20_000;

const corpus = images.filter(({ heavy }) => !heavy || process.env.FAULTS === "all");

let stack: TestStack;
let telegram: EmbeddedTelegram;

beforeAll(async () => {
  telegram = await embeddedTelegram({
    port: 0,
    botToken: "8080:for_hostile_files",
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

describe("an image is sanitized or rejected as a portrait, an upload and a re-host:", () => {
  test.concurrent.for(
    corpus.map((hostile, index) => [hostile.name, { ...hostile, index }] as const),
  )("%s", { timeout: timeoutMs + 3_000 }, async ([, hostile], { task }) => {
    task.meta.cases = 3; // as a portrait, an upload and a re-host
    const bytes = await hostile.bytes();

    const [portrait, upload, rehost] = await Promise.all([
      asPortrait(hostile, bytes),
      asUpload(hostile, bytes),
      asRehost(hostile, bytes),
    ]);

    const expected = { portrait: hostile.portrait, upload: hostile.upload };
    expect({ portrait, upload, rehost }).toEqual({ ...expected, rehost: hostile.rehost });
    task.meta.image = { format: formatOf(bytes), outcomes: [portrait, upload, rehost] };
  });

  test("afterwards no row is pending, and no rejected image is in a public object", async () => {
    const unpublished = await stack.sql`
      select image_id as id, status from images where status <> 'published'
      union all
      select piece_id, portrait_status from lore_pieces where portrait_status <> 'published'
    `;
    expect(new Set(unpublished.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    const keys = (await publicKeys()).join("\n");
    expect(unpublished.filter(({ id }) => keys.includes(id))).toEqual([]);
  });
});

test.runIf(process.env.ATTACK_TABLE === "write")(
  "what the images take of the decoder is measured for docs/security.md",
  { timeout: 300_000 },
  async ({ task }) => {
    task.meta.imageWork = await measureImageWork(corpus);
  },
);

describe("the API responds as expected to a portrait's base64", () => {
  let clean: string;
  beforeAll(async () => {
    clean = await pngWithoutPadding();
  });

  test.concurrent.for(base64s.map((kind) => [kind.name, kind] as const))(
    "%s",
    async ([, { write, expected }]) => {
      const { status, body } = await sendPortrait("sender of base64", write(clean));
      expect(status === 201 ? "201" : `${status} ${body.error.code}`).toBe(expected);
    },
  );
});

describe("every route responds as expected to", () => {
  test.concurrent.for(bodies.map((hostile) => [hostile.name, hostile] as const))(
    "%s",
    async ([, hostile], { task }) => {
      const body = Buffer.from(hostile.body());
      const actual: HostileBody["expected"] = {};
      const routes = Object.keys(hostile.expected) as RouteKey[];
      task.meta.cases = routes.length;
      for (const route of routes) actual[route] = await send(route, body, hostile);
      expect(actual).toEqual(hostile.expected);
    },
  );

  test("afterwards no request has acted for another owner, dropped a table or created an image", async () => {
    expect((await request(stack, "GET", "/health")).status).toBe(200);
    const others = await stack.sql`
      select owner_id from worlds
      where theme <> 'hostile' and owner_id <> 'user:hostile sender'
    `;
    expect([...others]).toEqual([]);
    expect(await stack.sql`select 1 from images where owner_id = 'telegram:1'`).toHaveLength(0);
    expect({}).not.toHaveProperty("isAdmin");
  });
});

/** Sends a file as a portrait and waits for the outcome. */
async function asPortrait(hostile: Indexed, bytes: Buffer): Promise<PortraitOutcome> {
  const sub = `portrait ${hostile.index}`;
  const base64 = bytes.toString("base64");
  const { status, body } = await sendPortrait(sub, base64);
  if (status !== 201) {
    if (body.message === "Request Entity Too Large") return "in the response: 413";
    expect(body.error.details).toEqual({ piece: 0, name: "Odd" });
    return `in the response: ${body.error.code}` as PortraitOutcome;
  }

  const { world_id } = body.world;
  const { pieces } = await stack.client(sub).waitForPortraits(world_id, { timeoutMs: timeoutMs });
  const { piece_id, portrait_status, portrait_error, details } = pieces[0]!;
  const [row] = await stack.sql`select details from lore_pieces where piece_id = ${piece_id}`;
  if (portrait_status !== "published") {
    expect(row?.details).toEqual({ image_portrait_base64: base64 });
    return `on the row: ${codeOf(portrait_error)}` as PortraitOutcome;
  }
  const { image_portrait, image_portrait_variants } = details;
  expect(row?.details).toEqual({ image_portrait, image_portrait_variants });
  const still = { ...hostile, frames: undefined };
  const outcome = await checkPublished(still, bytes, image_portrait);
  await checkCopies(hostile, (image_portrait_variants as Copy[]).slice(0, -1));
  return outcome as PortraitOutcome;
}

/** Uploads a file as a browser would, as a PNG whatever it is. */
async function asUpload(hostile: Indexed, bytes: Buffer): Promise<Outcome> {
  const sub = `upload ${hostile.index}`;
  const post = (path: string, body?: object) => request(stack, "POST", path, { sub, body });
  const { status, body: ticket } = await post("/uploads", uploadRequest(bytes));
  if (status !== 201) return ticket.error.code;
  expect((await putTo(ticket, bytes)).status).toBe(200);

  const complete = () => post(`/uploads/${ticket.upload_id}/complete`);
  const first = await complete();
  const again = await complete();

  expect(again.status).toBe(first.status);
  if (first.status === 200) {
    const { image } = first.body;
    await checkCopies(hostile, image.variants);
    return checkPublished(hostile, bytes, image.url, image);
  }
  expect(again.body.error.message).toBe(first.body.error.message);
  return first.body.error.code;
}

/** Sends a file to the bot, which replies with the image's URL or with the reason of the rejection. */
async function asRehost(hostile: Indexed, bytes: Buffer): Promise<Outcome> {
  const id = 10_000 + hostile.index;
  const phone = telegram.phone({ id, first_name: "Odd" });
  phone.sendDocument(bytes, { file_name: "odd.png", mime_type: "image/png" });
  const { text } = await phone.waitForReply(timeoutMs);

  const [row] = await stack.sql`select * from images where owner_id = ${`telegram:${id}`}`;
  expect(text).toBe(row?.url ?? `This picture could not be stored. ${row?.error}.`);
  return row?.url ? checkPublished(hostile, bytes, row.url, row) : row?.error_code;
}

type Indexed = HostileImage & { index: number };

/** Checks a published image by its URL: it must contain only picture data. Resolves to the outcome. */
async function checkPublished(
  { hides, size, corner, frames, dropsAnimation }: HostileImage,
  sent: Buffer,
  url: unknown,
  row?: Record<string, unknown>,
): Promise<Outcome> {
  const { bytes, type } = await fetchChecked(url, hides);
  const picture = sharp(bytes);
  const { autoOrient, pages, xmp, iptc, comments } = await picture.metadata();
  expect({ pages, xmp, iptc, comments }).toEqual({ pages: frames });
  const { width, height } = autoOrient;
  if (size) expect([width, height]).toEqual(size);
  if (corner) {
    const pixel = await sharp(await picture.autoOrient().toBuffer())
      .extract({ left: 4, top: 4, width: 1, height: 1 })
      .raw()
      .toBuffer();
    const bright = [...pixel].map((value) => (value > 127 ? 1 : 0));
    expect(bright).toEqual(corner);
  }
  const coded = extractCompressedPixels(bytes, type);
  const isKept = coded?.every((pixels) => sent.includes(pixels)) === true;
  const warnings = dropsAnimation ? ["animation_dropped"] : [];
  const published = { width, height, content_type: type, rewritten: !isKept, warnings };
  if (row) expect(row).toMatchObject(published);
  if (!isKept) return type as Outcome;
  return bytes.equals(sent) ? "unchanged" : "stripped";
}

type Copy = { url: string; width: number; height: number };

/** Checks the smaller copies of a published image. */
async function checkCopies({ hides }: HostileImage, copies: Copy[]) {
  for (const { url, width, height } of copies) {
    const { bytes, type } = await fetchChecked(url, hides);
    expect(type).toBe("image/webp");
    expect(await sharp(bytes).metadata()).toMatchObject({ width, height });
  }
}

/** A public object, which must contain only picture data and decode without a warning. */
async function fetchChecked(url: unknown, hides: string | undefined) {
  const response = await fetch(String(url));
  const bytes = Buffer.from(await response.arrayBuffer());
  const type = response.headers.get("content-type")!;
  expect(foreignData(bytes, type)).toBeUndefined();
  if (hides) expect(bytes.includes(hides)).toBe(false);
  const decoded = sharp(bytes, { failOn: "warning", animated: true });
  expect(`image/${(await decoded.metadata()).format}`).toBe(type);
  await decoded.raw().toBuffer();
  return { bytes, type };
}

/** The code of an error on a portrait's row, which has only a message. */
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

/** Sends a body byte for byte and resolves to the response in the corpus's form. */
async function send(
  route: RouteKey,
  body: Buffer,
  { headers, chunked }: HostileBody,
): Promise<Expected> {
  const [method, path] = route.split(" ");
  const outgoing = httpRequest(stack.api + path, {
    method,
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${await stack.issuer.sign("hostile sender")}`,
      "x-telegram-bot-api-secret-token": stack.webhookSecret,
      ...(!chunked && !headers?.["transfer-encoding"] && { "content-length": body.length }),
      ...headers,
    },
  });
  outgoing.on("error", () => {}); // the server may disconnect after its response
  const responded = once(outgoing, "response");
  for (let at = 0; chunked && at < body.length; at += 7) outgoing.write(body.subarray(at, at + 7));
  outgoing.end(chunked ? undefined : body);
  const [response] = (await responded) as [IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();

  const { statusCode } = response;
  if (text === "") return `${statusCode}` as Expected;
  expect(response.headers["content-type"]).toBe("application/json");
  expect(text.length).toBeLessThan(5_000);
  const { error } = JSON.parse(text);
  return (error ? `${statusCode} ${error.code}` : `${statusCode}`) as Expected;
}

/** Every key in the images bucket. */
async function publicKeys(): Promise<string[]> {
  const { imagesBucket: Bucket, ...link } = inject("backends").r2;
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
