import { deflateSync } from "node:zlib";
import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import { fitGeneratedPortrait } from "@keepsake/core/imaging/fitPortrait";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { uint32be } from "../security/hostile/byteHelpers.ts";
import { chromaticities, type Space, toSrgb } from "../support/colourMaths.ts";
import { adobeRgb, displayP3, gamma, profile, srgbCurve, text } from "../support/iccProfiles.ts";
import { chunk, chunksOf, header, pngOf } from "../support/images.ts";

const decoder = processDecoder({ processes: 1 });

/** 125 colours and 35 greys, each as the pixel of a column. */
const steps = [0, 0.2, 0.45, 0.7, 1];
const colours = [
  ...steps.flatMap((red) => steps.flatMap((green) => steps.map((blue) => [red, green, blue]))),
  ...Array.from({ length: 35 }, (_, index) => Array<number>(3).fill(index / 34)),
];
const greys = Array.from({ length: 160 }, (_, index) => Array<number>(3).fill(index / 159));

type Kind = { colourType: number; depth: number; colours: number[][] };
const kinds: Record<string, Kind> = {
  RGB: { colourType: 2, depth: 8, colours },
  RGBA: { colourType: 6, depth: 8, colours },
  "RGB of 16 bits": { colourType: 2, depth: 16, colours },
  "RGBA of 16 bits": { colourType: 6, depth: 16, colours },
  palette: { colourType: 3, depth: 8, colours },
  grey: { colourType: 0, depth: 8, colours: greys },
  "grey with alpha": { colourType: 4, depth: 8, colours: greys },
  "grey of 16 bits": { colourType: 0, depth: 16, colours: greys },
  "grey with alpha of 16 bits": { colourType: 4, depth: 16, colours: greys },
};

/** A PNG of these colours, and the values that it can store of them. */
function pngWith({ colourType, depth, colours }: Kind, chunks: Buffer[]) {
  const highest = 2 ** depth - 1;
  const stored = colours.map((colour) => colour.map((value) => Math.round(value * highest)));
  const palette = colourType === 3 ? [chunk("PLTE", Buffer.from(stored.flat()))] : [];
  const samples = stored.flatMap(([red = 0, green = 0, blue = 0], index) => {
    if (colourType === 3) return [index];
    const own = colourType & 2 ? [red, green, blue] : [red];
    return colourType & 4 ? [...own, alphaOf(index, depth)] : own;
  });
  const row = Buffer.alloc(1 + (samples.length * depth) / 8);
  for (const [index, value] of samples.entries())
    row.writeUIntBE(value, 1 + (index * depth) / 8, depth / 8);
  const idat = chunk("IDAT", deflateSync(Buffer.concat(Array.from({ length: 16 }, () => row))));
  const head = header(colours.length, 16, depth, colourType);
  return {
    bytes: pngOf(head, ...chunks, ...palette, idat, chunk("IEND")),
    values: stored.map((colour) => colour.map((value) => value / highest)),
  };
}

/** Of the pixel in a column; never fully transparent. */
const alphaOf = (column: number, depth: number) => (column + 95) * 2 ** (depth - 8);

/** The first row of pixels, without alpha. */
async function shown(bytes: Buffer): Promise<number[][]> {
  const picture = sharp(bytes).toColourspace("srgb").removeAlpha();
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return Array.from({ length: info.width }, (_, x) => [...data.subarray(x * 3, x * 3 + 3)]);
}

const gAMA = (exponent: number) => chunk("gAMA", uint32be(Math.round(100_000 / exponent)));
const cHRM = (numbers: number[]) =>
  chunk("cHRM", uint32be(...numbers.map((value) => Math.round(value * 100_000))));
const cICP = (...codes: number[]) => chunk("cICP", Buffer.from(codes));
const sRGB = chunk("sRGB", Buffer.from([0]));
const iCCP = (icc: Buffer) =>
  chunk("iCCP", Buffer.concat([Buffer.from("a name\0\0"), deflateSync(icc)]));
const p3Profile = profile(displayP3, gamma(563));

const power = (exponent: number) => (value: number) => value ** exponent;
const video = power(2.4); // BT.1886
const { srgb, displayP3: p3, adobeRgb: adobe, wideGamut, cinema, bt2020 } = chromaticities;
const inSrgb: Space = { chromaticities: srgb, toLight: srgbCurve };

/** What a PNG states, and the colours that it has then. */
const stated: [string, Buffer[], Space][] = [
  ["gAMA of linear light", [gAMA(1)], { chromaticities: srgb, toLight: power(1) }],
  ["gAMA of old Macs", [gAMA(1.8)], { chromaticities: srgb, toLight: power(1.8) }],
  ["gAMA before cHRM", [gAMA(1.8), cHRM(adobe)], { chromaticities: adobe, toLight: power(1.8) }],
  ["cHRM before gAMA", [cHRM(p3), gAMA(2.2)], { chromaticities: p3, toLight: power(2.2) }],
  [
    "linear gAMA and sRGB's cHRM",
    [gAMA(1), cHRM(srgb)],
    { chromaticities: srgb, toLight: power(1) },
  ],
  [
    "cHRM with another white and wide colours",
    [gAMA(2.2), cHRM(wideGamut)],
    { chromaticities: wideGamut, toLight: power(2.2) },
  ],
  [
    "cHRM of a cinema's greenish white",
    [gAMA(2.2), cHRM(cinema)],
    { chromaticities: cinema, toLight: power(2.2) },
  ],
  ["only cHRM", [cHRM(p3)], { chromaticities: p3, toLight: srgbCurve }],
  ["cICP of Display P3", [cICP(12, 13, 0, 1)], { chromaticities: p3, toLight: srgbCurve }],
  ["cICP of BT.709", [cICP(1, 1, 0, 1)], { chromaticities: srgb, toLight: video }],
  ["cICP of BT.2020", [cICP(9, 14, 0, 1)], { chromaticities: bt2020, toLight: video }],
  ["cICP of linear light", [cICP(1, 8, 0, 1)], { chromaticities: srgb, toLight: power(1) }],
  [
    "cICP before all others",
    [gAMA(1), cHRM(adobe), sRGB, cICP(12, 13, 0, 1)],
    { chromaticities: p3, toLight: srgbCurve },
  ],
  ["sRGB before gAMA and cHRM", [gAMA(1), cHRM(adobe), sRGB], inSrgb],
  ["the gAMA and the cHRM of sRGB", [gAMA(2.2), cHRM(srgb)], inSrgb],
  [
    "cICP that PNG does not allow",
    [cICP(12, 13, 1, 1), gAMA(1)],
    { chromaticities: srgb, toLight: power(1) },
  ],
  [
    "cICP with unknown codes",
    [cICP(2, 2, 0, 1), gAMA(1.8)],
    { chromaticities: srgb, toLight: power(1.8) },
  ],
  ["gAMA of zero", [chunk("gAMA", uint32be(0))], inSrgb],
  ["cHRM that no screen has", [cHRM([0.3, 0, 0.6, 0.3, 0.6, 0.3, 0.6, 0.3])], inSrgb],
];
/** Profiles are for pictures in colour only. */
const statedInColour: [string, Buffer[], Space][] = [
  ["iCCP of Display P3", [iCCP(p3Profile)], { chromaticities: p3, toLight: power(563 / 256) }],
  [
    "iCCP before gAMA and cHRM",
    [gAMA(1), cHRM(adobe), iCCP(p3Profile)],
    { chromaticities: p3, toLight: power(563 / 256) },
  ],
  [
    "iCCP of Adobe RGB",
    [iCCP(profile(adobeRgb, gamma(563)))],
    { chromaticities: adobe, toLight: power(563 / 256) },
  ],
  ["cICP of sRGB before iCCP", [cICP(1, 13, 0, 1), iCCP(p3Profile)], inSrgb],
  [
    "cICP of Display P3 before iCCP",
    [cICP(12, 13, 0, 1), iCCP(profile(adobeRgb, gamma(461)))],
    { chromaticities: p3, toLight: srgbCurve },
  ],
];

describe("the colours of a PNG are those that it states, in sRGB", () => {
  const cases = Object.entries(kinds).flatMap(([name, kind]) =>
    [...stated, ...(kind.colourType & 2 ? statedInColour : [])].map(
      ([chunks, ...rest]) => [name, chunks, kind, ...rest] as const,
    ),
  );

  test.for(cases)("%s with %s", async ([, , kind, chunks, space]) => {
    const { bytes, values } = pngWith(kind, chunks);
    const picture = await sanitizeImage(decoder, bytes, imageLimits);
    expect(worst(await shown(picture.bytes), values, space)).toBeLessThanOrEqual(2);
    if (kind.colourType & 4) {
      const alpha = await sharp(picture.bytes).extractChannel(3).raw().toBuffer();
      expect([...alpha.subarray(0, 160)]).toEqual(values.map((_, column) => alphaOf(column, 8)));
    }
    const others = chunksOf(picture.bytes).map(({ type }) => type);
    expect(others.filter((type) => !/^(IHDR|PLTE|tRNS|sRGB|IDAT|IEND)$/.test(type))).toEqual([]);
  });
});

test("a generated portrait that is made smaller has the colours that its PNG states", async () => {
  const row = Buffer.concat([
    Buffer.from([0]),
    ...Array.from({ length: 800 }, () => Buffer.from([40, 90, 160])),
  ]);
  const idat = chunk("IDAT", deflateSync(Buffer.concat(Array.from({ length: 20 }, () => row))));
  const bytes = pngOf(header(800, 20), gAMA(1), idat, chunk("IEND"));
  const [first] = await shown((await fitGeneratedPortrait(decoder, bytes)).bytes);
  const space = { chromaticities: srgb, toLight: power(1) };
  expect(worst([first!], [[40 / 255, 90 / 255, 160 / 255]], space)).toBeLessThanOrEqual(2);
});

test("a PNG of 16 bits with a profile that only LittleCMS reads is published in sRGB", async () => {
  const icc = profile(displayP3, gamma(563), { A2B9: text("none") });
  const { bytes, values } = pngWith(kinds["RGB of 16 bits"]!, [iCCP(icc)]);
  const picture = await sanitizeImage(decoder, bytes, imageLimits);
  const space = { chromaticities: p3, toLight: power(563 / 256) };
  // LittleCMS cuts off what sRGB lacks less exactly
  const isInside = (colour: number[]) =>
    toSrgb(colour, space).every((value) => value > 1 && value < 254);
  const pixels = await shown(picture.bytes);
  const inside = values.flatMap((colour, x) =>
    isInside(colour) ? [{ colour, pixel: pixels[x]! }] : [],
  );
  expect(inside.length).toBeGreaterThan(40);
  const found = worst(
    inside.map(({ pixel }) => pixel),
    inside.map(({ colour }) => colour),
    space,
  );
  expect(found).toBeLessThanOrEqual(4);
});

test("a picture of 16 bits keeps its alpha, its colours and its size where it is turned", async () => {
  const raw = Uint16Array.from({ length: 40 * 20 * 4 }, (_, at) => (at * 7919) % 65_536);
  const turned = sharp(raw, { raw: { width: 40, height: 20, channels: 4 } }).toColourspace("rgb16");
  const plain = await turned.withMetadata({ orientation: 6 }).png().toBuffer();
  const [head, ...rest] = chunksOf(plain).map(({ type, data }) => chunk(type, data));
  const coloured = pngOf(head!, gAMA(1.8), cHRM(p3), ...rest);
  const [before, after] = await Promise.all(
    [plain, coloured].map((bytes) => sanitizeImage(decoder, bytes, imageLimits)),
  );
  expect([after!.width, after!.height]).toEqual([20, 40]);
  const alphas = await Promise.all(
    [before, after].map((picture) => sharp(picture!.bytes).extractChannel(3).raw().toBuffer()),
  );
  expect(alphas[1]).toEqual(alphas[0]);
});

/** The furthest that a pixel is from what its value means. */
const worst = (pixels: number[][], values: number[][], space: Space) =>
  Math.max(
    ...values.flatMap((value, x) =>
      toSrgb(value, space).map((expected, channel) => Math.abs(pixels[x]![channel]! - expected)),
    ),
  );
