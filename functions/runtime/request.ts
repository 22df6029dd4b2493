import { AppError } from "@keepsake/contract/errors";
import { isStorable } from "@keepsake/contract/json";
import { limits } from "@keepsake/contract/limits";
import { displayText } from "@keepsake/core/displayText";
import type * as z from "zod/mini";

const maxIssues = 10;
const maxMessageChars = 300;

/** The parsed value; throws `input.invalid`, which lists at most ten problems by their paths. */
export function validate<Schema extends z.ZodMiniType>(
  schema: Schema | undefined,
  value: unknown,
): z.output<Schema> {
  if (!schema) return {} as z.output<Schema>;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, maxIssues).map(({ path, message }) => ({
    path: path
      .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
      .join("")
      .replace(/^\./, ""),
    message: message.slice(0, maxMessageChars),
  }));
  const [first] = issues;
  throw new AppError("input.invalid", `${first?.path || "The request"}: ${first?.message}`, {
    details: { issues },
  });
}

export type Caller = {
  owner_id: string;
  /** The caller's name in the token, cleaned and cut: for display only. */
  caller_name: string;
};

/**
 * The owner that a verified token's claims name. `token.refused` without a valid `sub`: one with an unpaired
 * surrogate would be stored as another, so that two people would share an owner.
 */
export function callerFromClaims(claims: Record<string, unknown> = {}): Caller {
  const { sub, name } = claims;
  if (!isSubject(sub))
    throw new AppError(
      "token.refused",
      `The token needs a sub of 1 to ${limits.subject_chars} characters: sign in again`,
    );
  const names = [name, sub].map((text) => (typeof text === "string" ? shown(text) : ""));
  return { owner_id: `user:${sub}`, caller_name: names.find(Boolean) ?? "an unnamed account" };
}

const isSubject = (sub: unknown): sub is string =>
  typeof sub === "string" &&
  sub.length > 0 &&
  sub.length <= limits.subject_chars &&
  isStorable(sub);

const shown = (name: string) => displayText(name, limits.caller_name_chars);
