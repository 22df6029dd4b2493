import type { GifOptions, WebpOptions } from "sharp";
import { author, cutOut, frames, photo, type RealFile, xmp } from "./drawnPhotos.ts";

const shown: [number, number] = [330, 248];
const [width, height] = shown;

type Made = Pick<RealFile, "name" | "bytes" | "isLossless"> & { frames?: number };

const fileOf =
  (format: RealFile["format"]) =>
  ({ name, ...made }: Made): RealFile => ({
    ...{ ...made, name: `${format} ${name}`, format, isKept: false },
    shown: made.frames ? [120, 90] : shown,
  });

/** WebPs of pages and phones: they are always encoded anew, those without loss without loss. */
export async function realWebps(): Promise<RealFile[]> {
  const settings: Record<string, WebpOptions> = {
    q40: { quality: 40 },
    q75: { quality: 75 },
    q90: { quality: 90 },
    "q90 with sharp edges": { quality: 90, smartSubsample: true },
    q100: { quality: 100 },
    "without loss": { lossless: true, effort: 1 },
    "nearly without loss": { nearLossless: true, quality: 60, effort: 1 },
    "without loss, most effort": { lossless: true, effort: 6 },
  };
  const stills = Object.entries(settings).flatMap(([name, options]) =>
    [false, true].flatMap((isCutOut) =>
      [false, true].map(async (isDescribed) => {
        const picture = await (isCutOut ? cutOut : photo)(width, height, name);
        const described = isDescribed ? picture.withExif(author).withXmp(xmp) : picture;
        const bytes = await described.webp({ effort: 1, ...options }).toBuffer();
        const [alpha, more] = [isCutOut ? ", alpha" : "", isDescribed ? ", described" : ""];
        const isLossless = options.lossless === true || options.nearLossless === true;
        return fileOf("webp")({ name: `${name}${alpha}${more}`, bytes, isLossless });
      }),
    ),
  );
  const animations = [2, 5].flatMap((count) =>
    [false, true].flatMap((isCutOut) =>
      [false, true].map(async (lossless) => {
        const picture = await frames(count, { width: 120, height: 90, isCutOut });
        const delay = Array.from({ length: count }, (_, index) => 40 + index * 30);
        const bytes = await picture.webp({ lossless, delay, loop: 3, effort: 1 }).toBuffer();
        const name = `animation of ${count}, ${lossless}, ${isCutOut}`;
        return fileOf("webp")({ name, bytes, isLossless: lossless, frames: count });
      }),
    ),
  );
  return Promise.all([...stills, ...animations]);
}

export async function realGifs(): Promise<RealFile[]> {
  const settings: Record<string, GifOptions> = {
    plain: {},
    interlaced: { progressive: true },
    "of 4 colours": { colours: 4 },
    "without dither": { dither: 0 },
  };
  const stills = Object.entries(settings).flatMap(([name, options]) =>
    [false, true].map(async (isCutOut) => {
      const picture = await (isCutOut ? cutOut : photo)(width, height, name);
      const bytes = await picture.gif({ effort: 1, ...options }).toBuffer();
      return fileOf("gif")({
        name: `${name}${isCutOut ? ", transparent" : ""}`,
        bytes,
        isLossless: true,
      });
    }),
  );
  const animations = [2, 6, 12].flatMap((count) =>
    [false, true].map(async (isCutOut) => {
      const picture = await frames(count, { width: 120, height: 90, isCutOut });
      const delay = Array.from({ length: count }, (_, index) => 20 + index * 50);
      const bytes = await picture.gif({ delay, loop: count === 6 ? 0 : 2, effort: 1 }).toBuffer();
      const name = `animation of ${count}${isCutOut ? ", transparent" : ""}`;
      return fileOf("gif")({ name, bytes, isLossless: true, frames: count });
    }),
  );
  return Promise.all([...stills, ...animations]);
}

export async function realAvifs(): Promise<RealFile[]> {
  const made = [35, 50, 75, 90].flatMap((quality) =>
    ["4:2:0", "4:4:4"].flatMap((chromaSubsampling) =>
      [false, true].map(async (isCutOut) => {
        const picture = await (isCutOut ? cutOut : photo)(width, height, `${quality}`);
        const described = quality > 60 ? picture.withExif(author).withXmp(xmp) : picture;
        const bytes = await described.avif({ quality, chromaSubsampling, effort: 0 }).toBuffer();
        const name = `q${quality} ${chromaSubsampling}${isCutOut ? ", alpha" : ""}`;
        return fileOf("avif")({ name, bytes, isLossless: false });
      }),
    ),
  );
  return Promise.all(made);
}
