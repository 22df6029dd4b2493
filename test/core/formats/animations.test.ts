import { type Animation, isWithinBounds } from "@keepsake/core/imaging/formats/animationLimits";
import { readGif } from "@keepsake/core/imaging/formats/gif";
import { readWebp } from "@keepsake/core/imaging/formats/webp";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { latin1, noise, patched, uint16le, uint32le } from "../../security/hostile/byteHelpers.ts";

/** An animation of noise, or with one frame a still picture. */
function frames(count: number, side = 24) {
  const raw = { width: side, height: side * count, channels: 3 as const, pageHeight: side };
  return sharp(noise(`${count} frames`, side * side * count * 3), { raw });
}

/** What sharp reads of a file. */
async function metadata(bytes: Buffer): Promise<Animation> {
  const { width, height, pages = 1, pageHeight } = await sharp(bytes, { pages: -1 }).metadata();
  return { width, height: pageHeight ?? height, frames: pages };
}

test("an animation is within bounds with up to 300 frames and 40 megapixels over all", () => {
  expect(isWithinBounds({ width: 16, height: 16, frames: 300 })).toBe(true);
  expect(isWithinBounds({ width: 16, height: 16, frames: 301 })).toBe(false);
  expect(isWithinBounds({ width: 2_000, height: 1_000, frames: 20 })).toBe(true);
  expect(isWithinBounds({ width: 2_000, height: 1_000, frames: 21 })).toBe(false);
});

describe("a GIF's frames and canvas", () => {
  test("are read as sharp reads them", async () => {
    for (const count of [1, 2, 7]) {
      const bytes = await frames(count).gif({ loop: 3 }).toBuffer();
      expect(readGif(bytes)).toEqual({ width: 24, height: 24, frames: count });
      expect(readGif(bytes)).toEqual(await metadata(bytes));
      expect(readGif(Buffer.concat([bytes, latin1("; more")]))?.frames).toBe(count);
      expect(readGif(bytes.subarray(0, -1))?.frames).toBe(count);
    }
  });

  test("include frames that reach out of the screen", () => {
    expect(readGif(gif(16, 16, frame(5, 5, 0, 0), frame(60, 16, 8, 9)))).toEqual({
      width: 68,
      height: 25,
      frames: 2,
    });
  });

  test("are counted in a file of a million frames without decoding one", () => {
    const many = gif(16, 16, Buffer.concat(Array<Buffer>(1_000_000).fill(frame(1, 1, 0, 0))));
    const before = process.cpuUsage();
    expect(readGif(many)?.frames).toBe(1_000_000);
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  test("are unknown when a block is cut off or does not exist, or there is no frame", async () => {
    const whole = gif(16, 16, frame(5, 5, 0, 0));
    expect(readGif(whole)).toBeDefined();
    for (let length = 0; length < whole.length - 1; length += 1)
      expect(readGif(whole.subarray(0, length))).toBeUndefined();
    expect(readGif(gif(16, 16))).toBeUndefined();
    expect(readGif(gif(16, 16, frame(5, 5, 0, 0), latin1("x")))).toBeUndefined();
    expect(readGif(patched(whole, "GIF89a", "GIF90a"))).toBeUndefined();
  });
});

describe("a WebP's frames, canvas and kind", () => {
  let animated: Buffer;
  beforeAll(async () => {
    animated = await frames(3).webp({ loop: 1, effort: 0 }).toBuffer();
  });

  test("are read as sharp reads them", async () => {
    for (const count of [1, 2, 7])
      for (const lossless of [false, true]) {
        const bytes = await frames(count).webp({ lossless, effort: 0 }).toBuffer();
        const { isAnimated, isLossless, icc, vp8, ...read } = readWebp(bytes)!;
        expect(read).toEqual(await metadata(bytes));
        expect(vp8 !== undefined).toBe(count === 1 && !lossless);
        expect({ isAnimated, isLossless, icc }).toEqual({
          isAnimated: count > 1,
          isLossless: lossless,
          icc: undefined,
        });
      }
  });

  test("include alpha, a colour profile, metadata and unknown chunks", async () => {
    const alpha = await frames(1).ensureAlpha(0.5).webp({ effort: 0 }).toBuffer();
    expect(readWebp(alpha)).toMatchObject({ width: 24, height: 24, isLossless: false });
    const p3 = await frames(1).withIccProfile("p3").webp().toBuffer();
    expect(readWebp(p3)!.icc).toEqual((await sharp(p3).metadata()).icc);
    const extended = riff(vp8x(0, 24, 24), chunk("EVIL", latin1("odd")), picture(alpha));
    expect(readWebp(extended)).toMatchObject({ width: 24, height: 24, frames: 1 });
    expect(readWebp(Buffer.concat([animated, latin1("<html>")]))?.frames).toBe(3);
  });

  test("are counted in a file of 60,000 frames without decoding one", async () => {
    const still = await frames(1).webp().toBuffer();
    const many = riff(vp8x(2, 24, 24), anim, ...Array<Buffer>(60_000).fill(anmf(still, 24, 0)));
    const before = process.cpuUsage();
    expect(readWebp(many)?.frames).toBe(60_000);
    expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
  });

  test("are unknown when a chunk is cut off, a picture is missing or sizes disagree", async () => {
    const still = await frames(1).webp().toBuffer();
    const simple = picture(still);
    expect(readWebp(riff(vp8x(2, 24, 24), anim, anmf(still, 24, 0)))).toMatchObject({ frames: 1 });
    for (const wrong of [
      riff(vp8x(2, 24, 24), anim),
      riff(vp8x(2, 24, 24), anim, simple),
      riff(vp8x(0, 24, 24), anim, anmf(still, 24, 0)),
      riff(vp8x(2, 24, 24), anim, anmf(still, 25, 0)),
      riff(vp8x(2, 24, 24), anim, anmf(still, 24, 2)),
      riff(vp8x(2, 24, 24), anim, anmf(still, 24, 0), chunk("ANMF", Buffer.alloc(16))),
      riff(vp8x(2, 24, 24), anim, chunk("ANMF", Buffer.alloc(9))),
      riff(vp8x(0, 48, 24), simple),
      riff(vp8x(0, 24, 24), chunk("VP8 ", Buffer.alloc(30))),
      riff(vp8x(0, 24, 24), chunk("VP8L", Buffer.alloc(30))),
      riff(chunk("VP8X", Buffer.alloc(5)), simple),
      riff(chunk("EVIL", Buffer.alloc(30))),
      riff(simple).subarray(0, -2),
      Buffer.concat([latin1("RIFF"), uint32le(0xfffffff6), riff(simple).subarray(8)]),
      latin1("RIFF\x04\0\0\0WEBP"),
    ])
      expect(readWebp(wrong)).toBeUndefined();
    const empty = Buffer.alloc(8 * 2_000_000, chunk("EVIL", Buffer.alloc(0)));
    expect(readWebp(riff(vp8x(0, 24, 24), simple, empty))).toBeUndefined();
    for (let length = 0; length < animated.length; length += 7)
      expect(readWebp(animated.subarray(0, length))).toBeUndefined();
  });
});

test("random changes of a GIF or a WebP never make its reader throw, or count less than sharp decodes", async () => {
  const files = await Promise.all([
    ...[1, 4].map((count) => frames(count, 17).gif().toBuffer()),
    ...[1, 4].map((count) => frames(count, 17).webp({ effort: 0 }).toBuffer()),
    frames(4, 17).webp({ lossless: true, effort: 0 }).toBuffer(),
  ]);
  const changes = fc.array(fc.tuple(fc.nat(9_999), fc.nat(255)), { minLength: 1, maxLength: 2 });
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(files.length - 1), changes, async (index, changed) => {
      const bytes = Buffer.from(files[index]!);
      for (const [place, value] of changed)
        bytes[Math.floor((place * bytes.length) / 10_000)] = value;
      const read = index < 2 ? readGif(bytes) : readWebp(bytes);
      const decoded = await sharp(bytes, { pages: -1, failOn: "warning" })
        .raw()
        .toBuffer()
        .then(() => metadata(bytes))
        .catch(() => undefined);
      if (!decoded || !read) return; // either may be the stricter one
      compared += 1;
      // sharp may decode less than there is, never more
      expect(read.frames).toBeGreaterThanOrEqual(decoded.frames);
      expect(read.width * read!.height).toBeGreaterThanOrEqual(decoded.width * decoded.height);
    }),
    { numRuns: 1_000 },
  );

  expect(compared).toBeGreaterThan(100); // otherwise the property proves nothing
});

function gif(width: number, height: number, ...blocks: Buffer[]): Buffer {
  const screen = Buffer.concat([uint16le(width, height), Buffer.from([0x80, 0, 0])]);
  const palette = Buffer.alloc(6);
  return Buffer.concat([latin1("GIF89a"), screen, palette, ...blocks, latin1(";")]);
}

/** A frame whose data is one sub-block. */
const frame = (width: number, height: number, left: number, top: number) =>
  Buffer.concat([
    ...[latin1(","), uint16le(left, top, width, height)],
    Buffer.from([0, 2, 2, 0x4c, 0x01, 0]),
  ]);

function riff(...chunks: Buffer[]): Buffer {
  const body = Buffer.concat([latin1("WEBP"), ...chunks]);
  return Buffer.concat([latin1("RIFF"), uint32le(body.length), body]);
}

const chunk = (type: string, data: Buffer) =>
  Buffer.concat([latin1(type), uint32le(data.length), data, Buffer.alloc(data.length % 2)]);

const uint24le = (...values: number[]) =>
  Buffer.concat(values.map((value) => uint32le(value).subarray(0, 3)));

const vp8x = (flags: number, width: number, height: number) =>
  chunk("VP8X", Buffer.concat([uint32le(flags), uint24le(width - 1, height - 1)]));

const anim = chunk("ANIM", Buffer.alloc(6));

/** The chunk of a simple WebP, or the chunks after the header of an extended one. */
const picture = (bytes: Buffer) =>
  bytes.toString("latin1", 12, 16) === "VP8X" ? bytes.subarray(30) : bytes.subarray(12);

/** A frame at a place, of a square that should be the picture's. */
const anmf = (still: Buffer, side: number, left: number) =>
  chunk(
    "ANMF",
    Buffer.concat([uint24le(left / 2, 0, side - 1, side - 1, 50), Buffer.alloc(1), picture(still)]),
  );
