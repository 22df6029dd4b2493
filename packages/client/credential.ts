/** Who the client acts as. */
export type Credential =
  | {
      /** The user's token, or a function that returns it, called before every request. */
      token?: string | (() => string | Promise<string>);
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

/** The headers that carry a credential. */
export async function credentialHeaders(credential: Credential): Promise<Record<string, string>> {
  const { token, serviceKey, owner } = credential;
  const bearer = serviceKey ?? (typeof token === "function" ? await token() : token);
  return {
    ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
    ...(owner !== undefined && { "keepsake-owner": encodeURIComponent(owner) }),
  };
}
