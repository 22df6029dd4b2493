import { thumbHashToAverageRGBA } from "thumbhash";
import { placeholderUrl, thumbHashBytes } from "../../ui/placeholderUrl.ts";

/** So many are kept: those of a few screens. */
const maxKept = 400;
const kept = new Map<string, string>();

/** A ThumbHash in base64 as the `background-image` of its tile. */
export function placeholderOf(thumbhash: string): string {
  const known = kept.get(thumbhash);
  if (known) return known;
  const placeholder = `url(${placeholderUrl(thumbhash)})`;
  kept.set(thumbhash, placeholder);
  if (kept.size > maxKept) kept.delete(kept.keys().next().value!);
  return placeholder;
}

/** Of a picture by its ThumbHash in base64, as CSS. */
export function averageColour(thumbhash: string): string {
  const { r, g, b, a } = thumbHashToAverageRGBA(thumbHashBytes(thumbhash));
  const percent = (part: number) => `${Math.round(100 * part)}%`;
  return `rgb(${percent(r)} ${percent(g)} ${percent(b)} / ${percent(a)})`;
}
