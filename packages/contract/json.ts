import { limits } from "./limits.ts";

/** Postgres keeps neither NUL characters nor lone surrogates, in text or in jsonb. */
export const isStorable = (text: string) => text.isWellFormed() && !text.includes("\0");

/** What keeps a parsed JSON object from being a piece's `details`, in words; empty when nothing does. */
export function detailsProblems(details: Record<string, unknown>): string[] {
  const problems = new Set<string>();
  examine(details, 1, problems);
  if (problems.size === 0 && jsonBytes(details) > limits.details_bytes)
    problems.add(`Larger than ${limits.details_bytes} bytes of JSON without its portrait`);
  return [...problems];
}

function examine(value: unknown, depth: number, problems: Set<string>) {
  if (typeof value === "string" && !isStorable(value))
    problems.add("Contains a NUL character or half of a surrogate pair");
  if (typeof value === "number" && !Number.isFinite(value))
    problems.add("Contains a number that is too large");
  if (typeof value !== "object" || value === null) return;

  if (depth > limits.details_depth) {
    problems.add(`Nested deeper than ${limits.details_depth} levels`);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (!isStorable(key)) problems.add("Contains a NUL character or half of a surrogate pair");
    examine(inner, depth + 1, problems);
  }
}

const jsonBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;
