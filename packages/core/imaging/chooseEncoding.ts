import type { Encoding } from "../decoderJob.ts";
import { type Animation, isWithinBounds } from "./formats/animationLimits.ts";
import { readGif } from "./formats/gif.ts";
import type { ImageFormat } from "./formats/sniff.ts";
import { vp8Quality } from "./formats/vp8Quality.ts";
import { readWebp, type Webp } from "./formats/webp.ts";

export type PublishedFormat = "png" | "jpeg" | "webp";

/** What a published image lacks of the one that was sent. */
export type Warning = "animation_dropped";

export type EncodingPlan = { encoding: Encoding; warnings: Warning[] };

/**
 * How an image that cannot pass as it is is encoded: without loss where it has none, else with as little as
 * possible. A JPEG turned or converted from CMYK keeps 45 dB (peak signal to noise) only with colours at full
 * resolution: halved a second time, they leave 36 to 44. Animations stay animations within 300 frames and 40 megapixels over all; beyond, the first frame
 * is published.
 */
export function encodingOf(bytes: Buffer, format: ImageFormat, as?: "png"): EncodingPlan {
  if (as === "png" || format === "png") return still({ format: "png" });
  if (format === "jpeg") return still({ format: "jpeg", quality: 97, fullColour: true });
  if (format === "avif") return still(lossy);
  if (format === "gif") return gifEncoding(bytes);
  return webpEncoding(bytes);
}

/** What takes fewer bytes than `encoding`, which took `bytes` for `sidePx`, the longest side. */
export function smallerEncoding(
  { encoding, warnings }: EncodingPlan,
  { bytes, sidePx, maxBytes }: { bytes: number; sidePx: number; maxBytes: number },
): EncodingPlan {
  if (encoding.animated)
    return encoding.lossless
      ? { encoding: { ...lossy, animated: true }, warnings }
      : { encoding: lossy, warnings: ["animation_dropped"] };
  if (encoding.lossless) return { encoding: lossy, warnings };
  if (encoding.fullColour) return { encoding: { format: "jpeg", quality: 90 }, warnings };
  const scaled = Math.floor(sidePx * Math.sqrt(maxBytes / bytes) * 0.9);
  return { encoding: { ...encoding, sidePx: scaled }, warnings };
}

/**
 * WebP at sharp's default effort, 4, takes 16 s for 40 megapixels on two cores. Effort 0 takes two thirds of
 * the CPU time of effort 2, for 5 % fewer bytes and 0.1 dB less of a photo, 7 % more bytes and 0.2 dB more of
 * an illustration.
 */
const lossy = { format: "webp", quality: 95, effort: 0 } as const satisfies Encoding;

/** Without loss, 40 megapixels take 6 s at effort 0 and 24 s at 1, for an eighth fewer bytes. */
const losslessOf = ({ width, height, frames }: Animation): Encoding => ({
  format: "webp",
  lossless: true,
  effort: width * height * frames > 8_000_000 ? 0 : 2,
});

function gifEncoding(bytes: Buffer): EncodingPlan {
  const gif = readGif(bytes);
  if (gif && gif.frames > 1 && isWithinBounds(gif))
    return still({ ...losslessOf(gif), animated: true });
  const isAnimated = gif === undefined || gif.frames > 1;
  return { encoding: { format: "png" }, warnings: isAnimated ? ["animation_dropped"] : [] };
}

function webpEncoding(bytes: Buffer): EncodingPlan {
  const webp = readWebp(bytes);
  const encoding = !webp ? lossy : webp.isLossless ? losslessOf(webp) : lossyOf(webp);
  if (!webp?.isAnimated) return still(encoding);
  if (isWithinBounds(webp)) return still({ ...encoding, animated: true });
  return { encoding, warnings: ["animation_dropped"] };
}

/**
 * At about the quality that it has: a higher one takes more bytes, and shows what the first encoding left at best. Of
 * what is sent, photos and pictures of a screen keep 42 to 50 dB (peak signal to noise) at 92, where 95 keeps 43 to 50
 * and takes an eighth more bytes. At 80 they keep 38 to 45 dB, with a structural similarity of 0.98 to 0.99 to what was
 * sent; a lower quality would begin to show.
 */
const lossyOf = ({ vp8 }: Webp): Encoding => {
  if (!vp8) return lossy;
  const quality = Math.round(vp8Quality(vp8));
  return { ...lossy, quality: Math.min(lossy.quality, Math.max(leastQuality, quality)) };
};

const leastQuality = 80;

const still = (encoding: Encoding): EncodingPlan => ({ encoding, warnings: [] });
