/** A way to sign in. */
export type AuthProvider = {
  /** The identity of an earlier visit, or of the person who just returned from the issuer; undefined when signed out. */
  resume(): Promise<Identity | undefined>;
  /** Signs in. With an issuer this leaves the page, so it never resolves. */
  signIn(name: string): Promise<Identity>;
};

export type Identity = {
  /** Unique among the people who use this browser. */
  id: string;
  /** For display. */
  name: string;
  /** A token that is valid now. Throws `token.refused` when they have to sign in again. */
  token(): Promise<string>;
  signOut(): Promise<void>;
};
