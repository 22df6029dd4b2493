import { KeepsakeError } from "./keepsakeError.ts";

/** Who the client acts as. */
export type Credential =
  | {
      /** The user's token, or a function that returns it, called before every request. */
      token?: string | TokenFunction;
      serviceKey?: never;
      owner?: never;
    }
  | {
      token?: never;
      /** The key of a backend, which acts for any user. It must never reach a page. */
      serviceKey: string;
      /** The product's own id of the user to act for. Only `createToken` needs none. */
      owner?: string;
    };

type TokenFunction = {
  (): string | Promise<string>;
  /** Called with a token that the API refused. The request is sent once more, with the token that is returned then. */
  discard?(refused: string): void;
};

/** The headers that carry a credential. */
export async function credentialHeaders(credential: Credential): Promise<Record<string, string>> {
  const { token, serviceKey, owner } = credential;
  const bearer = serviceKey ?? (typeof token === "function" ? await token() : token);
  return {
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...(owner !== undefined && { "keepsake-owner": encodeURIComponent(owner) }),
  };
}

/** Discards the token of these headers if the error says that it was refused. False when no other can be had. */
export function discardRefused(
  { token }: Credential,
  { authorization = "" }: Record<string, string>,
  error: unknown,
): boolean {
  if (!(error instanceof KeepsakeError && error.code === "token.refused")) return false;
  if (typeof token !== "function" || !token.discard) return false;
  token.discard(authorization.slice("Bearer ".length));
  return true;
}
