import sharp from "sharp";
import { pngOf } from "../../support/images.ts";
import { noise } from "./byteHelpers.ts";
import { gif, moving } from "./gifs.ts";
import { type HostileImage, type Outcomes, reencoded, rejectedByDecoder } from "./hostileImage.ts";
import { withSegments } from "./jpegs.ts";
import { pictureChunks } from "./pngs.ts";

const picture = () =>
  sharp(noise("cut", 40 * 40 * 3), { raw: { width: 40, height: 40, channels: 3 } });

type Accepted = Pick<HostileImage, "frames" | "dropsAnimation"> & { outcomes: Outcomes };

const firstFrame: Accepted = { outcomes: reencoded("image/png"), dropsAnimation: true };

/** Files that lack a number of bytes at their end. Those that are not named here are damaged. */
const files: Record<
  string,
  { bytes(): Buffer | Promise<Buffer>; accepted?: Record<number, Accepted> }
> = {
  "a plain PNG": {
    bytes: () => pngOf(...pictureChunks()),
    accepted: Object.fromEntries(
      [1, 2, 7, 12].map((cut) => [cut, { outcomes: reencoded("image/png") }]),
    ),
  },
  "a palette PNG": {
    bytes: () => pngOf(...pictureChunks({ colour: 3 })),
    accepted: Object.fromEntries(
      [1, 2, 7, 12].map((cut) => [cut, { outcomes: reencoded("image/png") }]),
    ),
  },
  "a baseline JPEG": { bytes: () => withSegments() },
  "a progressive JPEG": { bytes: () => picture().jpeg({ progressive: true }).toBuffer() },
  "a lossy WebP": { bytes: () => picture().webp().toBuffer() },
  "a lossless WebP": { bytes: () => picture().webp({ lossless: true }).toBuffer() },
  "an animated WebP": {
    bytes: () =>
      sharp(noise("frames", 32 * 64 * 3), {
        raw: { width: 32, height: 64, channels: 3, pageHeight: 32 },
      })
        .webp()
        .toBuffer(),
  },
  "an animated GIF": {
    bytes: () => gif({ frames: [moving("one"), moving("two")] }),
    accepted: {
      1: { outcomes: reencoded("image/webp"), frames: 2 }, // a decoder knows the end without it
      ...Object.fromEntries([2, 7, 12, 500].map((cut) => [cut, firstFrame])),
    },
  },
  "an AVIF": { bytes: () => picture().avif({ effort: 0 }).toBuffer() },
};

/** Every format without its last bytes. */
export const truncated: HostileImage[] = Object.entries(files).flatMap(
  ([kind, { bytes, accepted }]) =>
    [1, 2, 7, 12, 500].map((missing) => ({
      name: `${kind} without its last ${missing === 1 ? "byte" : `${missing} bytes`}`,
      bytes: async () => (await bytes()).subarray(0, -missing),
      ...expectedOf(accepted?.[missing]),
    })),
);

function expectedOf(accepted: Accepted | undefined) {
  if (!accepted) return rejectedByDecoder("image.damaged");
  const { outcomes, ...more } = accepted;
  return { ...outcomes, ...more };
}
