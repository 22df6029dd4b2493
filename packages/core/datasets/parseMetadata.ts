import type { Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { isStorable } from "@keepsake/contract/storableText";
import { displayText } from "../displayText.ts";

export type Caption = { line: number; file_name: string; text: string };
export type Unmatched = Output<"importCaptions">["unmatched"][number];

/** The captions in the text of a `metadata.jsonl`, and the lines that have none. Empty lines count, and say nothing. */
export function parseMetadata(metadata: string): { captions: Caption[]; unmatched: Unmatched[] } {
  const captions: Caption[] = [];
  const unmatched: Unmatched[] = [];
  const lines = metadata.replace(/^\ufeff/, "").split("\n");
  const last = lines.findLastIndex((text) => text.trim() !== "");
  if (last >= limits.captions_lines)
    throw new AppError(
      "input.invalid",
      `metadata: Send at most ${limits.captions_lines} lines at once`,
    );
  for (const [index, json] of lines.slice(0, last + 1).entries()) {
    if (json.trim() === "") continue;
    const line = index + 1;
    const { file_name, text, reason } = parseLine(json);
    if (reason !== undefined)
      unmatched.push({ line, ...(file_name && { file_name: shown(file_name) }), reason });
    else captions.push({ line, file_name, text });
  }
  return { captions, unmatched };
}

type Parsed =
  | { file_name: string; text: string; reason?: undefined }
  | { file_name?: string; text?: undefined; reason: Unmatched["reason"] };

function parseLine(json: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { reason: "not_json" };
  }
  if (typeof value !== "object" || value === null) return { reason: "not_json" };
  const { file_name, text } = value as Record<string, unknown>;
  if (typeof file_name !== "string" || file_name === "") return { reason: "no_file_name" };
  if (typeof text !== "string" || text.trim() === "") return { file_name, reason: "no_text" };
  if (!isStorable(text)) return { file_name, reason: "text_not_storable" };
  if (text.length > limits.dataset_caption_chars && [...text].length > limits.dataset_caption_chars)
    return { file_name, reason: "text_too_long" };
  return { file_name, text };
}

/** A file's name in an answer: two hundred characters of it. */
export const shown = (file_name: string) => displayText(file_name, limits.filename_chars);
