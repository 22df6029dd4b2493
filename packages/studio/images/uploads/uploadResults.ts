import type { Image } from "@keepsake/contract/schemas";
import { formatBytes } from "../../ui/format.ts";

/** What became of a file: how large the picture is now, and why that differs from the file. */
export function resultOf(
  { bytes, rewritten }: Pick<Image, "bytes" | "rewritten">,
  { size }: Pick<File, "size">,
): string {
  const before = formatBytes(size);
  const after = formatBytes(bytes ?? size);
  if (before === after) return `Uploaded, ${after}`;
  const why = rewritten
    ? "saved again as a picture that every browser shows"
    : "without its hidden data";
  return `Uploaded, ${before} → ${after}: ${why}`;
}

/** What a person would miss in the picture; undefined when that is nothing. */
export const lossOf = ({ warnings }: Pick<Image, "warnings">): string | undefined =>
  warnings.includes("animation_dropped")
    ? "Only its first frame was kept: the animation has more frames or pixels than can be kept"
    : undefined;
