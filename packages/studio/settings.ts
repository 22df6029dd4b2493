/**
 * Where everything is. Whoever serves the page writes it into `index.html` in the place of
 * `%VITE_SETTINGS%`, so that one build serves every stage. This file imports nothing.
 */
export type Settings = {
  /** The base of the HTTP API. */
  api: string;
  /** Where `streamCharacters` is. */
  stream: string;
  /** Where published images come from. */
  cdn: string;
  /** Where presigned URLs lead to. */
  uploads: string;
  sign_in: NameSignIn | OidcSignIn;
  /** The base of the Telegram stand-in, whose phones anybody may hold; on a developer's machine only. */
  phone?: string;
};

/** Anybody is who they say they are: `POST /dev/token`, on a developer's machine only. */
export type NameSignIn = { by: "name" };

/** Authorization code with PKCE, by OpenID Connect Discovery. */
export type OidcSignIn = {
  by: "oidc";
  issuer: string;
  client_id: string;
  /** What the access token is for: its `aud`. */
  audience: string;
  /** Origins of the issuer's endpoints where they are not its own. */
  origins: string[];
};

/** Settings as they may stand inside a `<script type="application/json">`. */
export const settingsText = (settings: Settings) =>
  JSON.stringify(settings).replaceAll("<", "\\u003c");
