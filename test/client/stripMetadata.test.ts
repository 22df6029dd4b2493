import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { stripMetadata } from "@keepsake/client/stripMetadata";
import { stripJpeg } from "@keepsake/core/imaging/formats/stripJpeg";
import { build } from "esbuild";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { describe, expect } from "vitest";
import { noise } from "../security/hostile/bytes.ts";
import { buildJpeg, jpegShapes, segment } from "../security/support/builtJpegs.ts";
import { bytesAt, fileOf, sha256Of } from "../support/files.ts";
import { gpsJpeg } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

const secret = "A. Wanderer";
const gps = {
  IFD0: { Artist: secret },
  IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 12/1" },
};

async function stripped(bytes: Uint8Array, type = "image/jpeg"): Promise<Buffer> {
  const file = await stripMetadata(fileOf(bytes, "photo", type));
  expect([file.name, file.type]).toEqual(["photo", type]);
  return Buffer.from(await file.arrayBuffer());
}

/** The pixels as they are shown: turned upright, in sRGB. */
const pixelsOf = async (bytes: Buffer) =>
  sha256Of(
    await sharp(bytes, { animated: true }).autoOrient().toColourspace("srgb").raw().toBuffer(),
  );

const picture = (channels: 1 | 3 = 3) =>
  sharp(noise("strip", 60 * 44 * channels), { raw: { width: 60, height: 44, channels } });

/** What a camera or an editor adds, before the tables of a JPEG and after its end. */
const additions = fc.record({
  segments: fc.array(
    fc.constantFrom(
      segment(0xfe, Buffer.from(`a comment by ${secret}`)),
      segment(0xed, Buffer.from(`Photoshop 3.0\0${secret}`)),
      segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x>${secret}</x>`)),
      segment(0xe2, Buffer.from(`MPF\0${secret}`)),
      segment(0xe5, Buffer.from(secret)),
    ),
    { maxLength: 4 },
  ),
  trailer: fc.constantFrom("", `after the end: ${secret}`),
});

const added = (bytes: Buffer, { segments, trailer }: { segments: Buffer[]; trailer: string }) =>
  Buffer.concat([bytes.subarray(0, 2), ...segments, bytes.subarray(2), Buffer.from(trailer)]);

const camera = fc.record({
  channels: fc.constantFrom(1 as const, 3 as const),
  orientation: fc.integer({ min: 1, max: 8 }),
  profile: fc.constantFrom(undefined, "srgb", "p3"),
  isSubsampled: fc.boolean(),
  isProgressive: fc.boolean(),
});

describe("a JPEG that the client has stripped", () => {
  test("is in the form that the server publishes, with the same pixels and no metadata", async () => {
    let unchanged = 0;
    const check = async (
      { channels, orientation, profile, ...rest }: CameraOptions,
      more: Added,
    ) => {
      let jpeg = picture(channels).withExif(gps).withMetadata({ orientation });
      if (profile && channels === 3) jpeg = jpeg.withIccProfile(profile);
      const plain = await jpeg
        .jpeg({
          chromaSubsampling: rest.isSubsampled ? "4:2:0" : "4:4:4",
          progressive: rest.isProgressive,
        })
        .toBuffer();
      const bytes = added(plain, more);
      const sent = await stripped(bytes);

      expect(sent.includes("Wanderer")).toBe(false);
      expect(sent.includes("GPS")).toBe(false);
      expect(sent.length).toBeLessThan(bytes.length);
      expect(await pixelsOf(sent)).toBe(await pixelsOf(bytes));
      const published = stripJpeg(sent)!.bytes;
      expect(published.equals(stripJpeg(bytes)!.bytes)).toBe(true);
      // the server makes other profiles smaller
      const isMadeSmaller = profile === "p3" && channels === 3;
      if (isMadeSmaller) expect(published.length).toBeLessThan(sent.length);
      else expect(published.equals(sent)).toBe(true);
      unchanged += isMadeSmaller ? 0 : 1;
    };
    await fc.assert(fc.asyncProperty(camera, additions, check), { numRuns: 120, seed: 4 });
    expect(unchanged).toBeGreaterThan(50);
  });

  test("is unchanged by the server whatever its sampling, scans and restart markers", async () => {
    const check = async (shape: Parameters<typeof buildJpeg>[0], more: Added) => {
      const { bytes } = buildJpeg(shape);
      const sent = await stripped(added(bytes, more));
      expect(stripJpeg(sent)!.bytes.equals(sent)).toBe(true);
      expect(sent.equals(stripJpeg(bytes)!.bytes)).toBe(true);
    };
    await fc.assert(fc.asyncProperty(jpegShapes(), additions, check), { numRuns: 200, seed: 5 });
  });

  test("loses a gain map, which the server would not publish either", async () => {
    const base = await picture().jpeg().toBuffer();
    const hdr = segment(
      0xe1,
      Buffer.from('http://ns.adobe.com/xap/1.0/\0<x hdrgm="hdr-gain-map/1.0/">'),
    );
    const bytes = Buffer.concat([base.subarray(0, 2), hdr, base.subarray(2), base]);
    expect(stripJpeg(bytes)).toBeUndefined();
    const sent = await stripped(bytes);
    expect(stripJpeg(sent)!.bytes.equals(sent)).toBe(true);
    expect(sent.length).toBeLessThan(bytes.length / 2 + 10);
  });
});

describe("a WebP that the client has stripped", () => {
  test.for<[string, () => Sharp]>([
    ["a photo", () => picture().webp()],
    ["a lossless picture", () => picture().webp({ lossless: true })],
    ["a picture with transparency", () => picture().ensureAlpha(0.5).webp()],
    [
      "an animation",
      () =>
        sharp(noise("frames", 60 * 88 * 3), {
          raw: { width: 60, height: 88, channels: 3, pageHeight: 44 },
        }).webp({ loop: 0 }),
    ],
    ["a photo that is turned", () => picture().withMetadata({ orientation: 6 }).webp()],
    ["a Display P3 photo", () => picture().withIccProfile("p3").webp()],
  ])("is still %s, with the same pixels and no metadata", async ([name, make]) => {
    const plain = make();
    const bytes = await (name.includes("turned")
      ? plain.withExifMerge(gps)
      : plain.withExif(gps)
    ).toBuffer();
    expect(bytes.includes("Wanderer")).toBe(true);
    const sent = await stripped(Buffer.concat([bytes, Buffer.from(secret)]), "image/webp");
    expect(sent.includes("Wanderer")).toBe(false);
    expect(await pixelsOf(sent)).toBe(await pixelsOf(bytes));
    const [before, after] = await Promise.all([bytes, sent].map((each) => sharp(each).metadata()));
    for (const field of ["width", "height", "pages", "orientation", "hasAlpha", "icc"] as const)
      expect(after![field] ?? 1, field).toEqual(before![field] ?? 1);
    if (name.includes("turned")) expect(after!.orientation).toBe(6);
  });
});

describe("a file that the client does not understand", () => {
  test("is sent as it is: cut, altered, or of another kind", async () => {
    const originals = [await gpsJpeg(), await picture().withExif(gps).webp().toBuffer()];
    const edits = fc.record({
      original: fc.constantFrom(...originals),
      at: fc.nat(3_000),
      value: fc.nat(255),
      isCut: fc.boolean(),
    });
    const check = async ({ original, at, value, isCut }: Edit) => {
      const bytes = isCut ? original.subarray(0, at % original.length) : Buffer.from(original);
      if (!isCut) bytes[at % original.length] = value;
      const sent = await stripped(bytes, "image/png");
      expect(sent.length).toBeLessThanOrEqual(bytes.length + 40);
    };
    await fc.assert(fc.asyncProperty(edits, check), { numRuns: 2_000, seed: 6 });

    const others = [Buffer.alloc(0), Buffer.from("GIF89a"), originals[0]!.subarray(0, -2)];
    for (const bytes of others) expect(await stripped(bytes)).toEqual(bytes);
  });
});

describe("client.upload of a photo", () => {
  /** A fetch that records what it sends. */
  function recordingFetch() {
    const bodies: Blob[] = [];
    const send: typeof fetch = (url, init) => {
      bodies.push(init!.body as Blob);
      return fetch(url, init);
    };
    return { send, sent: async () => Buffer.from(await bodies[0]!.arrayBuffer()) };
  }

  test("sends no location, and what it sends is published as it is", async ({ owner }) => {
    const photo = await gpsJpeg(400, 300);
    const { send, sent } = recordingFetch();
    const image = await owner.client.upload(fileOf(photo, "photo.jpg", "image/jpeg"), {
      fetch: send,
    });
    const bytes = await sent();
    expect(photo.includes("Wanderer")).toBe(true);
    expect(bytes.includes("Wanderer")).toBe(false);
    expect((await sharp(bytes).metadata()).exif).toHaveLength(32);
    expect(image).toMatchObject({
      rewritten: false,
      width: 300,
      height: 400,
      filename: "photo.jpg",
    });
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
  });

  test("sends the file as it is with keepMetadata", async ({ owner }) => {
    const photo = await gpsJpeg(400, 300);
    const { send, sent } = recordingFetch();
    const file = fileOf(photo, "photo.jpg", "image/jpeg");
    const image = await owner.client.upload(file, { fetch: send, keepMetadata: true });
    expect(photo.equals(await sent())).toBe(true);
    expect((await bytesAt(image.url)).includes("Wanderer")).toBe(false);
  });
});

test("removing metadata takes less than 2 kB of a page's script", async () => {
  const entry = createRequire(import.meta.url).resolve("@keepsake/client/stripMetadata");
  const options = { bundle: true, minify: true, format: "esm", write: false } as const;
  const { outputFiles } = await build({ entryPoints: [entry], ...options });
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThan(2_000);
});

type CameraOptions = typeof camera extends fc.Arbitrary<infer T> ? T : never;
type Added = typeof additions extends fc.Arbitrary<infer T> ? T : never;
type Edit = { original: Buffer; at: number; value: number; isCut: boolean };
