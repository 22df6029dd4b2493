import { limits } from "@keepsake/contract/limits";

/**
 * A file name for display only: its last path segment in NFC, without control and formatting characters
 * (a right-to-left mark could make it read `gnp.exe`), cut to the limit. Null when nothing is left.
 */
export function displayName(filename: string | undefined): string | null {
  const name = (filename ?? "")
    .toWellFormed()
    .split(/[/\\]/)
    .at(-1)!
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .trim();
  return name.slice(0, limits.filename_chars).toWellFormed() || null;
}
