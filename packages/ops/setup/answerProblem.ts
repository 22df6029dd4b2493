import { CheckFailed, reasonOf } from "../doctor/check.ts";

/** An answer that does not work, with a sentence for the person who gave it. */
export class Problem extends Error {
  override readonly name = "Problem";
}

/** The sentence about a failed check: what happened, and what to do where that is known. */
export function sentenceOf(error: unknown, subject: string): string {
  if (error instanceof Problem) return error.message;
  if (error instanceof CheckFailed) return `${error.message}: ${error.remedy}`;
  return `${subject} did not work: ${reasonOf(error)}`;
}

/** Replaces every secret, and the password of a connection string, by `***`. */
export function redact(text: string, secrets: Iterable<string>): string {
  let redacted = text;
  for (const secret of secrets) {
    const password = URL.parse(secret)?.password ?? "";
    for (const hidden of [secret, password, decode(password)])
      if (hidden.length >= 6) redacted = redacted.replaceAll(hidden, "***");
  }
  return redacted;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
