import type { Warning } from "./chooseEncoding.ts";
import { pngChunks } from "./formats/pngChunks.ts";
import { polyglotFormat } from "./formats/polyglot.ts";
import type { ImageFormat } from "./formats/sniff.ts";
import { stripJpeg } from "./formats/stripJpeg.ts";
import { stripPng } from "./formats/stripPng.ts";

/** Width and height in pixels, as the picture is displayed. `bytes` is the given buffer when nothing was dropped. */
export type StrippedImage = { bytes: Buffer; width: number; height: number; warnings: Warning[] };

/**
 * A picture whose own pixels may be published byte for byte, without anything else that was in the file.
 * Undefined when it must be encoded anew. It still has to be decoded fully.
 */
export async function stripImage(
  bytes: Buffer,
  format: ImageFormat,
  as?: "png",
): Promise<StrippedImage | undefined> {
  if (as === "png" && format !== "png") return undefined;
  const kept =
    format === "png" ? await stripPng(bytes) : format === "jpeg" ? stripJpeg(bytes) : undefined;
  if (!kept || polyglotFormat(kept.bytes) !== undefined) return undefined;
  const { width, height } = kept;
  const isAnimated = format === "png" && kept.bytes !== bytes && hasAnimation(bytes);
  return { bytes: kept.bytes, width, height, warnings: isAnimated ? ["animation_dropped"] : [] };
}

/** Of an animated PNG, only the picture that other decoders show is kept. */
const hasAnimation = (png: Buffer) => pngChunks(png)?.some(({ type }) => type === "acTL") === true;
