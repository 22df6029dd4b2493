import { limits } from "@keepsake/contract/limits";
import { displayText } from "../displayText.ts";

/** A file name for display only: its last path segment. Null when nothing is left of it. */
export function displayName(filename: string | undefined): string | null {
  const name = (filename ?? "").split(/[/\\]/).at(-1)!;
  return displayText(name, limits.filename_chars) || null;
}
