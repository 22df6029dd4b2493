import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import {
  type ImageLimits,
  imageLimits,
  portraitLimits,
  validateHeader,
} from "@keepsake/core/imaging/validateHeader";
import sharp from "sharp";
import { describe, expect, test } from "vitest";

const decoder = processDecoder({ processes: 1 });

const formats = ["png", "jpeg", "gif", "webp", "avif"] as const;
type Format = (typeof formats)[number];

const square = 4_096 ** 2;
type Kind = { limits: ImageLimits; most: Record<Format, number>; as?: "png" };
const kinds: Record<string, Kind> = {
  image: {
    limits: imageLimits,
    most: { png: 40e6, jpeg: 52e6, gif: 40e6, webp: 40e6, avif: 16e6 },
  },
  portrait: {
    limits: portraitLimits,
    most: { png: square, jpeg: square, gif: square, webp: square, avif: 16e6 },
    as: "png",
  },
};

/** A picture of one colour. */
async function picture(format: Format, width: number, height: number): Promise<Buffer> {
  const create = { width, height, channels: 3 as const, background: "#345678" };
  return sharp({ create, limitInputPixels: false })
    .toFormat(format, format === "avif" ? { effort: 0 } : {})
    .toBuffer();
}

describe("an image that is too large is rejected with the limit that it exceeds", () => {
  const cases = Object.keys(kinds).flatMap((kind) =>
    formats.map((format) => [format, kind] as const),
  );

  test.for(cases)("the area of a %s as a %s", { timeout: 60_000 }, async ([format, kind]) => {
    const { limits, most, as } = kinds[kind]!;
    const pixels = most[format];
    const width = Math.min(limits.sidePx, Math.ceil(Math.sqrt(pixels)));
    const height = Math.ceil((pixels + 1) / width);
    // a portrait of another format cannot have too many pixels and sides that are accepted
    const isBySide = height > limits.sidePx;
    const bytes = await picture(format, width, height);
    const sent = async () => {
      validateHeader(bytes, limits);
      await sanitizeImage(decoder, bytes, limits, { as });
    };
    await expect(sent()).rejects.toMatchObject({
      code: "image.bad_dimensions",
      message: expect.stringMatching(
        isBySide && format !== "jpeg"
          ? new RegExp(`to ${limits.sidePx.toLocaleString("en")}`)
          : new RegExp(
              `: at most ${(pixels / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })}`,
            ),
      ),
    });
  });

  test.for(cases)("the side of a %s as a %s", async ([format, kind]) => {
    const { limits, as } = kinds[kind]!;
    const bytes = await picture(format, limits.sidePx + 1, 16);
    const sent = async () => {
      validateHeader(bytes, limits);
      await sanitizeImage(decoder, bytes, limits, { as });
    };
    await expect(sent()).rejects.toMatchObject({
      code: "image.bad_dimensions",
      message: expect.stringContaining(`16 to ${limits.sidePx.toLocaleString("en")}`),
    });
  });
});

test("a PNG of 48 megapixels is refused for its megapixels, and with its size in the details", () => {
  const header = Buffer.alloc(33);
  header.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  header.writeUInt32BE(8_000, 16);
  header.writeUInt32BE(6_000, 20);
  header.set([8, 2], 24);
  expect(() => validateHeader(header, imageLimits)).toThrow(
    expect.objectContaining({
      code: "image.bad_dimensions",
      message: "This picture has 48 megapixels (8,000 × 6,000): at most 40 are accepted of a PNG",
      details: { width: 8_000, height: 6_000, max_pixels: 40_000_000 },
    }),
  );
});
