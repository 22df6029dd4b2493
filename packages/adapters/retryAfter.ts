import { limits } from "@keepsake/contract/limits";

/**
 * How long an outside service asks us to wait: whole seconds, at most an hour whatever it says. Reads a
 * number, or a header of seconds or a date; undefined when it is none of these.
 */
export function parseRetryAfter(value: unknown): number | undefined {
  const seconds = secondsOf(value);
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(0, Math.ceil(seconds)), limits.retry_after_seconds);
}

function secondsOf(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return Number.NaN;
  const text = value.trim();
  return /^[\d.]+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000;
}
