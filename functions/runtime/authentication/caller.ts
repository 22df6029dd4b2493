import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { isStorable } from "@keepsake/contract/storableText";
import { displayText } from "@keepsake/core/displayText";

export type Caller = {
  owner_id: string;
  /** The caller's name in the token, cleaned and cut: for display only. */
  caller_name: string;
};

export const refused = (
  message = "The token is missing, expired or not valid here: sign in again",
) => new AppError("token.refused", message);

/**
 * The owner that a token's claims name. `token.refused` without a valid `sub`: one with an unpaired
 * surrogate would be stored as another, so that two people would share an owner.
 */
export function callerFromClaims({ sub, name }: Record<string, unknown>): Caller {
  if (!isSubject(sub))
    throw refused(
      `The token needs a sub of 1 to ${limits.subject_chars} characters: sign in again`,
    );
  const names = [name, sub].map((text) => (typeof text === "string" ? shown(text) : ""));
  return { owner_id: `user:${sub}`, caller_name: names.find(Boolean) ?? "an unnamed account" };
}

/**
 * The owner that a backend acts for: the header `keepsake-owner`, percent-encoded UTF-8. `owner.missing`
 * without it or when it is malformed. A `+` could be meant as a space, and a comma joins repeated headers:
 * both must be encoded.
 */
export function callerFromHeader(header: string | undefined): Caller {
  const sub = /^[!-*\-.-~]+$/.test(header ?? "") ? decoded(header!) : undefined;
  if (!isSubject(sub))
    throw new AppError(
      "owner.missing",
      `A service key acts for a user: send the header keepsake-owner (the client's option owner) with 1 to ${limits.subject_chars} characters, percent-encoded as by encodeURIComponent`,
    );
  return callerFromClaims({ sub });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const isSubject = (sub: unknown): sub is string =>
  typeof sub === "string" &&
  sub.length > 0 &&
  sub.length <= limits.subject_chars &&
  isStorable(sub);

const shown = (name: string) => displayText(name, limits.caller_name_chars);
