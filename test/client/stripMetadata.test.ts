import { stripMetadata } from "@keepsake/client/stripMetadata";
import { stripJpeg } from "@keepsake/core/imaging/formats/stripJpeg";
import fc from "fast-check";
import sharp, { type Sharp, type SharpOptions } from "sharp";
import { describe, expect } from "vitest";
import { noise } from "../security/hostile/byteHelpers.ts";
import { buildJpeg, jpegShapes, segment } from "../security/support/builtJpegs.ts";
import {
  adobeRgb,
  displayP3,
  gamma,
  moved,
  parametric,
  profile,
  proPhoto,
  sampled,
  srgb,
  srgbCurve,
  srgbParameters,
  text,
  withProfile,
} from "../support/iccProfiles.ts";
import { gpsJpeg } from "../support/images.ts";
import { furthest } from "../support/realisticFiles/comparePixels.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, fileOf, sha256Of } from "../support/uploadRequests.ts";

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

/** The pixels as they are shown: turned upright, in sRGB unless `ignoreIcc` is set. */
const pixelsOf = async (bytes: Buffer, options: SharpOptions = {}) =>
  sha256Of(
    await sharp(bytes, { animated: true, ...options })
      .autoOrient()
      .toColourspace("srgb")
      .raw()
      .toBuffer(),
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
    let coloured = 0;
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
      const options = { ignoreIcc: profile === "p3" }; // its profile is replaced
      expect(await pixelsOf(sent, options)).toBe(await pixelsOf(bytes, options));
      expect(stripJpeg(sent)!.bytes.equals(sent)).toBe(true);
      expect(sent.equals(stripJpeg(bytes)!.bytes)).toBe(true);
      coloured += sent.includes("ICC_PROFILE") ? 1 : 0;
    };
    await fc.assert(fc.asyncProperty(camera, additions, check), { numRuns: 120, seed: 4 });
    expect(coloured).toBeGreaterThan(15);
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

describe("a colour profile of a JPEG that the client has stripped", () => {
  const maker = { cprt: text(secret), dmnd: text(secret) };
  const colours = { displayP3, adobeRgb, proPhoto, "almost sRGB": moved(srgb, 0.002), srgb };
  const curves = {
    "of sRGB": parametric(3, ...srgbParameters),
    "of sRGB as a table": sampled(Array.from({ length: 1_024 }, (_, at) => srgbCurve(at / 1_023))),
    "gamma 2.2": gamma(563),
    "gamma 1.8": gamma(461),
  };
  const cases = Object.entries(colours).flatMap(([name, matrix]) =>
    Object.entries(curves).map(
      ([curve, data]) => [name, curve, profile(matrix, data, maker)] as const,
    ),
  );

  test.for(cases)("is the one that the server publishes: %s, %s", async ([, , icc]) => {
    const bytes = withProfile(await picture().jpeg({ chromaSubsampling: "4:4:4" }).toBuffer(), icc);
    const sent = await stripped(bytes);
    expect(sent.includes("Wanderer")).toBe(false);
    expect(stripJpeg(sent)!.bytes.equals(sent)).toBe(true);
    expect(sent.equals(stripJpeg(bytes)!.bytes)).toBe(true);
    const [before, after] = await Promise.all(
      [bytes, sent].map((each) => sharp(each).raw().toBuffer()),
    );
    expect(furthest(before!, after!)).toBeLessThanOrEqual(2);
  });

  test("is put together from its segments, whatever their order", async () => {
    const icc = profile(displayP3, curves["gamma 2.2"], maker);
    const jpeg = await picture().jpeg().toBuffer();
    const part = (number: number, data: Buffer) =>
      segment(
        0xe2,
        Buffer.concat([Buffer.from(`ICC_PROFILE\0${String.fromCharCode(number)}\x02`), data]),
      );
    const parts = [part(2, icc.subarray(300)), part(1, icc.subarray(0, 300))];
    const sent = await stripped(Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]));
    expect(sent.equals(await stripped(withProfile(jpeg, icc)))).toBe(true);
    expect(stripJpeg(sent)!.bytes.equals(sent)).toBe(true);
  });

  test("stays as it is where the server has to convert the picture", async () => {
    const table = profile(displayP3, curves["gamma 2.2"], { A2B0: text("x") });
    const jpeg = await picture().jpeg().toBuffer();
    const grey = await picture(1).toColourspace("b-w").jpeg().toBuffer();
    const p3 = profile(displayP3, curves["of sRGB"]);
    for (const [bytes, icc] of [
      [jpeg, table],
      [jpeg, Buffer.from("no profile")],
      [grey, p3],
    ] as const) {
      const sent = await stripped(withProfile(bytes, icc));
      expect(sent.includes(icc)).toBe(true);
      expect(stripJpeg(sent)).toBeUndefined();
    }
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

type CameraOptions = typeof camera extends fc.Arbitrary<infer T> ? T : never;
type Added = typeof additions extends fc.Arbitrary<infer T> ? T : never;
type Edit = { original: Buffer; at: number; value: number; isCut: boolean };
