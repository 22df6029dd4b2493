import { randomBytes } from "node:crypto";
import type { Credentials } from "./embedded/awsSignature.ts";
import type { KeyPair } from "./embedded/r2/s3Authorization.ts";

/**
 * The two pairs of keys of an R2: `web` for what presigns URLs for browsers, `store` for what reads and
 * writes objects itself.
 */
export type R2Keys = { web: Credentials; store: Credentials };

export const newR2Keys = (): R2Keys => ({ web: newPair("web"), store: newPair("store") });

/** What the pairs may do on the embedded R2: as with the tokens of docs/deploy.md. */
export const r2KeyPairs = ({ web, store }: R2Keys): KeyPair[] => [
  { ...web, access: { incoming: "write", private: "read" } },
  { ...store, access: { images: "write", incoming: "write", private: "write" } },
];

/** The pairs as `.keepsake/local.json` holds them. */
export type StoredR2Keys = Record<keyof R2Keys, StoredPair>;

type StoredPair = { access_key_id: string; secret_access_key: string };

export const storedR2Keys = ({ web, store }: R2Keys): StoredR2Keys => ({
  web: { access_key_id: web.accessKeyId, secret_access_key: web.secretAccessKey },
  store: { access_key_id: store.accessKeyId, secret_access_key: store.secretAccessKey },
});

/** The stored pairs, or new ones when they are missing: a release before had one pair, in its code. */
export function restoreR2Keys(stored: Partial<StoredR2Keys> = {}): R2Keys {
  const pairOf = (name: keyof R2Keys): Credentials => {
    const { access_key_id: accessKeyId, secret_access_key: secretAccessKey } = stored[name] ?? {};
    return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : newPair(name);
  };
  return { web: pairOf("web"), store: pairOf("store") };
}

/** Presigned URLs show the access key id, which names the pair. */
const newPair = (name: keyof R2Keys): Credentials => ({
  accessKeyId: `${name}-${randomBytes(8).toString("hex")}`,
  secretAccessKey: randomBytes(32).toString("hex"),
});
