/** Where people come in. */
export type AuthProvider = {
  /** Who came in earlier, or is just coming back from the issuer; undefined when nobody did. */
  resume(): Promise<Identity | undefined>;
  /** Lets somebody in. An issuer is another page, so then this never resolves. */
  enter(name: string): Promise<Identity>;
};

export type Identity = {
  /** Tells them from everybody else who uses this browser. */
  id: string;
  /** How to call them. */
  name: string;
  /** A token that is good now. Throws `token.refused` when they have to sign in again. */
  token(): Promise<string>;
  leave(): Promise<void>;
};
