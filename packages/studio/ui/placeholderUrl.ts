import { rgbaToDataURL, thumbHashToRGBA } from "thumbhash";

/** A ThumbHash in base64 as a data URL of its picture. */
export function placeholderUrl(thumbhash: string): string {
  const { w, h, rgba } = halved(thumbHashToRGBA(thumbHashBytes(thumbhash)));
  return rgbaToDataURL(w, h, rgba);
}

export const thumbHashBytes = (thumbhash: string): Uint8Array =>
  Uint8Array.from(atob(thumbhash), (char) => char.charCodeAt(0));

type Pixels = ReturnType<typeof thumbHashToRGBA>;

/**
 * At half the width and height. A ThumbHash has at most seven waves of light and dark each way, which 16 pixels show as
 * well as its 32 do; a PNG without compression has a quarter of the bytes then.
 */
function halved({ w, h, rgba }: Pixels): Pixels {
  const half = { w: Math.ceil(w / 2), h: Math.ceil(h / 2) };
  const pixels = new Uint8Array(half.w * half.h * 4);
  for (let y = 0; y < half.h; y += 1)
    for (let x = 0; x < half.w; x += 1) {
      const [left, right] = [2 * x, Math.min(2 * x + 1, w - 1)];
      const [top, bottom] = [2 * y * w, Math.min(2 * y + 1, h - 1) * w];
      for (let channel = 0; channel < 4; channel += 1) {
        const at = (place: number) => rgba[4 * place + channel]!;
        const sum = at(top + left) + at(top + right) + at(bottom + left) + at(bottom + right);
        pixels[4 * (y * half.w + x) + channel] = sum / 4;
      }
    }
  return { ...half, rgba: pixels };
}
