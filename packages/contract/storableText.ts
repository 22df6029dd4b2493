import { limits } from "./limits.ts";

/** Postgres stores neither NUL characters nor unpaired surrogates, in text or in jsonb. */
export const isStorable = (text: string) => text.isWellFormed() && !text.includes("\0");

/** The text of these bytes; undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Why a parsed JSON object is not valid as a piece's `details`: one sentence a reason, none when valid. */
export function detailsProblems(details: Record<string, unknown>): string[] {
  const problems = new Set<string>();
  collectProblems(details, 1, problems);
  if (problems.size === 0 && jsonBytes(details) > limits.details_bytes)
    problems.add(
      `Make it smaller: at most ${limits.details_bytes} bytes of JSON without the portrait`,
    );
  return [...problems];
}

function collectProblems(value: unknown, depth: number, problems: Set<string>) {
  if (typeof value === "string" && !isStorable(value))
    problems.add("Remove the NUL character or unpaired surrogate");
  if (typeof value === "number" && !Number.isFinite(value))
    problems.add("Send a smaller number: one of them is too large");
  if (typeof value !== "object" || value === null) return;

  if (depth > limits.details_depth) {
    problems.add(`Nest at most ${limits.details_depth} levels of objects and arrays`);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (!isStorable(key)) problems.add("Remove the NUL character or unpaired surrogate");
    collectProblems(inner, depth + 1, problems);
  }
}

const jsonBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
