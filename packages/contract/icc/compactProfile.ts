import { transferOf } from "./curves.ts";
import { furthest, readMatrixProfile, srgbMatrix } from "./readProfile.ts";
import { writeProfile } from "./writeProfile.ts";

/**
 * What may be published in place of a colour profile (ICC.1:2022), which is recognised by its numbers and
 * not by its name: "srgb" when it means the same as none, else a profile of our own with its nine
 * colourants, rounded to four decimals, and its transfer curve (Chromium then shows the same colours within
 * ±2 of 255). Undefined when it is not an RGB matrix profile of a display with such a curve: the picture
 * must be converted. The client replaces a JPEG's profile with this, so that the server changes no byte.
 */
export function compactProfile(profile: Uint8Array): Uint8Array<ArrayBuffer> | "srgb" | undefined {
  const { matrix, curves } = readMatrixProfile(profile) ?? {};
  const transfer = curves && transferOf(curves);
  if (!matrix || transfer === undefined) return undefined;
  if (transfer === "srgb" && furthest(matrix, srgbMatrix) <= 0.001) return "srgb";
  return writeProfile({ matrix, transfer });
}

/**
 * The profile in the ICC_PROFILE segments of a JPEG (ICC.1:2022, B.4), given without their first 12 bytes:
 * each begins with its number, from 1, and their count. Undefined when one is missing or occurs twice.
 */
export function joinProfile(segments: Uint8Array[]): Uint8Array | undefined {
  const inOrder = [...segments].sort((one, other) => (one[0] ?? 0) - (other[0] ?? 0));
  const isWhole = inOrder.every(([number, count], index) => {
    return number === index + 1 && count === segments.length;
  });
  if (!isWhole) return undefined;
  const parts = inOrder.map((segment) => segment.subarray(2));
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
