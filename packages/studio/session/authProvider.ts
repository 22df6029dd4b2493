/** A way to sign in. */
export type AuthProvider = {
  /**
   * The identity of an earlier visit, or of the person who just returned from the issuer; the id of the person whose
   * session ended since that visit; undefined when signed out.
   */
  resume(): Promise<Identity | { endedId: string } | undefined>;
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
  /** The API refused this token, after a restart for example: the next one is another, if one can be had. */
  discard(refused: string): void;
  /** Signs out here and at the issuer, where it supports that. */
  signOut(): Promise<void>;
  /** Removes the sign-in from this tab: the person has signed out in another. */
  forget(): Promise<void>;
};
