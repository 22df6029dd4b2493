import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import sharp from "sharp";

/** Where the icons are in `public`, and how each is drawn. */
export const appIcons = {
  /** iOS rounds the corners itself, and shows transparent ones as black. */
  "icons/apple-touch.png": { side: 180, share: 1, isSquare: true },
  "icons/192.png": { side: 192, share: 1, isSquare: false },
  "icons/512.png": { side: 512, share: 1, isSquare: false },
  /** Android may cut away all but a circle of 80 % of the width: what matters is inside. */
  "icons/maskable-512.png": { side: 512, share: 0.8, isSquare: true },
} as const;

type Drawing = (typeof appIcons)[keyof typeof appIcons];

/** Draws an icon of the app from `public/icon.svg`, as a PNG. */
export async function drawAppIcon({ side, share, isSquare }: Drawing): Promise<Buffer> {
  const inner = Math.round(side * share);
  const svg = readFileSync(join(publicFiles, "icon.svg"), "utf8");
  const drawn = svg.replace('rx="8"', isSquare ? 'rx="0"' : 'rx="8"');
  const icon = await sharp(Buffer.from(drawn), { density: (72 * inner) / 32 })
    .resize(inner, inner)
    .png()
    .toBuffer();
  const background = isSquare ? backgroundOf(svg) : "#0000";
  return sharp({ create: { width: side, height: side, channels: 4, background } })
    .composite([{ input: icon }])
    .png({ compressionLevel: 9, palette: true })
    .toBuffer();
}

export const publicFiles = resolve(import.meta.dirname, "../../packages/studio/public");

const backgroundOf = (svg: string) => /<rect [^>]*fill="(#\w+)"/.exec(svg)![1]!;
