import { decodeUtf8 } from "@keepsake/contract/storableText";

type Json = Record<string, unknown>;

/** A JWT before its signature is verified. */
export type ParsedJwt = { text: string; header: Json; claims: Json };

/** With which an issuer may sign. None of these is verified with a secret. */
export const algorithms = ["RS256", "ES256", "EdDSA"];

const shape = /^([\w-]+)\.([\w-]+)\.[\w-]+$/;

/** The header and claims of a JWT; undefined for any other text, and for claims that are not UTF-8. */
export function parseJwt(text: string): ParsedJwt | undefined {
  const [, header, claims] = (shape.exec(text) ?? []).map(parseObject);
  return header && claims && { text, header, claims };
}

function parseObject(part: string): Json | undefined {
  const json = decodeUtf8(Buffer.from(part, "base64url"));
  try {
    const value: unknown = JSON.parse(json ?? "");
    return typeof value === "object" && !Array.isArray(value)
      ? ((value ?? undefined) as Json)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the token is valid at this time: `exp` is required and lies ahead, `nbf` does not. */
export function isCurrent({ exp, nbf }: Json): boolean {
  const seconds = Date.now() / 1_000;
  return isTime(exp) && exp > seconds && (nbf === undefined || (isTime(nbf) && nbf <= seconds));
}

export const isTime = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);
