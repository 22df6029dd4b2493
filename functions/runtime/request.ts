import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
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
  /** The caller's name in the token, for display only. */
  caller_name: string;
};

/** The owner that a verified token's claims name; `token.refused` without a valid `sub`. */
export function callerFromClaims(claims: Record<string, unknown> = {}): Caller {
  const { sub, name } = claims;
  if (typeof sub !== "string" || sub.length === 0 || sub.length > limits.subject_chars)
    throw new AppError(
      "token.refused",
      `The token needs a sub of 1 to ${limits.subject_chars} characters: sign in again`,
    );
  return { owner_id: `user:${sub}`, caller_name: typeof name === "string" ? name : sub };
}
