import { limits } from "@keepsake/contract/limits";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request, type TestStack, testStack } from "../support/stack.ts";
import { bytesAt } from "../support/uploadRequests.ts";
import { images } from "./hostile/allHostileImages.ts";
import { base64s, pngWithoutPadding } from "./hostile/base64s.ts";
import type { HostileImage, Outcome } from "./hostile/hostileImage.ts";
import { bodies } from "./hostile/requestBodies.ts";
import { foreignData } from "./support/checkPublishedImage.ts";
import { extractCompressedPixels } from "./support/extractCompressedPixels.ts";

/** What `hostile.test.ts` sends by other ways, sent to `POST /images`. */
let stack: TestStack;

beforeAll(async () => {
  stack = await testStack({ consume: false });
});
afterAll(() => stack?.stop());

/** What is done with them is what is done with uploads: one in three shows it. */
const corpus = images.filter(
  ({ heavy }, index) => process.env.FAULTS === "all" || (!heavy && index % 3 === 0),
);

/** Where the ways to send an image differ. */
function expectedOf({ upload }: HostileImage, { length }: Buffer): Outcome {
  if (length === 0) return "image.not_base64";
  return length > limits.sent_image_bytes ? "image.too_large" : upload;
}

describe("an image in a request ends as an upload of it:", () => {
  test.concurrent.for(corpus.map((hostile, index) => [hostile.name, hostile, index] as const))(
    "%s",
    { timeout: 30_000 },
    async ([, hostile, index]) => {
      const sent = await hostile.bytes();
      const body = { image_base64: sent.toString("base64") };
      const sub = `sender ${index}`;
      const answer = await request(stack, "POST", "/images", { sub, body });
      if (answer.body.message === "Request Entity Too Large")
        return expect(sent.length).toBeGreaterThan(limits.sent_image_bytes);
      const expected = expectedOf(hostile, sent);
      expect(answer.body.error?.code ?? (await published(hostile, sent, answer.body))).toBe(
        expected,
      );
    },
  );

  test("afterwards no image is pending, and none that was rejected has an object", async () => {
    const rows =
      await stack.sql`select image_id, status, url from images where status <> 'published'`;
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    for (const { image_id } of rows)
      for (const end of [".png", ".jpg", ".webp", "_w320.webp"])
        expect((await fetch(`${stack.cdn}/images/${image_id}${end}`)).status).toBe(404);
  });
});

describe("POST /images responds as POST /worlds does to a portrait's base64", () => {
  test.for(base64s.map((kind) => [kind.name, kind] as const))(
    "%s",
    async ([, { write, expected }]) => {
      const body = { image_base64: write(await pngWithoutPadding()) };
      const answer = await request(stack, "POST", "/images", { sub: "sender", body });
      const outcome = answer.status === 201 ? "201" : `${answer.status} ${answer.body.error.code}`;
      // the schema of a piece's details does not look at the text
      expect(outcome).toBe(write("").endsWith("\0") ? "422 input.invalid" : expected);
    },
  );
});

describe("POST /images responds as other routes do to", () => {
  const anywhere = bodies.filter(
    ({ headers, chunked, expected }) =>
      !headers &&
      !chunked &&
      expected["POST /worlds"] !== undefined &&
      expected["POST /worlds"] === expected["POST /uploads"],
  );
  test.for(anywhere.map((hostile) => [hostile.name, hostile] as const))(
    "%s",
    async ([, hostile]) => {
      const { status, text } = await sendRaw(Buffer.from(hostile.body()));
      const { error } = JSON.parse(text);
      const actual = error ? `${status} ${error.code}` : `${status}`;
      expect(actual).toBe(hostile.expected["POST /worlds"]);
    },
  );
});

async function sendRaw(body: Buffer) {
  const response = await fetch(`${stack.api}/images`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await stack.issuer.sign("sender")}`,
      "content-type": "application/json",
    },
    body: new Uint8Array(body),
  });
  return { status: response.status, text: await response.text() };
}

/** How an image was published, in the words of the corpus. It must contain only picture data. */
async function published(
  { hides }: HostileImage,
  sent: Buffer,
  { image }: { image: { url: string; content_type: string; rewritten: boolean } },
): Promise<Outcome> {
  const bytes = await bytesAt(image.url);
  expect(foreignData(bytes, image.content_type)).toBeUndefined();
  if (hides) expect(bytes.includes(hides)).toBe(false);
  await sharp(bytes, { failOn: "warning", animated: true }).raw().toBuffer();
  const kept = extractCompressedPixels(bytes, image.content_type)?.every((pixels) =>
    sent.includes(pixels),
  );
  expect(image.rewritten).toBe(!kept);
  if (!kept) return image.content_type as Outcome;
  return bytes.equals(sent) ? "unchanged" : "stripped";
}
