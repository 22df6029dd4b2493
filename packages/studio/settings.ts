/**
 * Addresses and sign-in of one stage. The server of the page puts them into `index.html` in place of
 * `%VITE_SETTINGS%`, so one build serves every stage. This file imports nothing.
 */
export type Settings = {
  /** The base of the HTTP API. */
  api: string;
  /** The URL of `streamCharacters`. */
  stream: string;
  /** The base of published images' URLs. */
  cdn: string;
  /** The base of presigned URLs. */
  uploads: string;
  sign_in: NameSignIn | OidcSignIn;
  /** How often the sweep runs, which removes deleted files. */
  sweep_minutes: number;
  /** The stage has no Telegram bot, so there is nothing to link. */
  no_bot?: true;
  /** Portraits cannot be made from a reference image, so the page does not offer it. */
  no_references?: true;
  /** The base of the Telegram stand-in, whose phones need no sign-in; on a developer's machine only. */
  phone?: string;
};

/** A name without a password, which the page's own server turns into a token; on a developer's machine only. */
type NameSignIn = { by: "name" };

/** Where the page's own server takes a name. */
export const signInPath = "/sign-in";

/** Authorization code with PKCE, by OpenID Connect Discovery. */
export type OidcSignIn = {
  by: "oidc";
  issuer: string;
  client_id: string;
  /** The access token's `aud`. */
  audience: string;
  /** Origins of the issuer's endpoints that differ from its own. */
  origins: string[];
};

/** Settings as JSON, escaped for a `<script type="application/json">`. */
export const settingsText = (settings: Settings) =>
  JSON.stringify(settings).replaceAll("<", "\\u003c");
