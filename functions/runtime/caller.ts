import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";

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
