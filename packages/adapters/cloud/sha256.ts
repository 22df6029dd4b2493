import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";

type Secret = string | Uint8Array;

/**
 * SHA-256, or HMAC-SHA-256 with a secret, as AWS's signers take it. The key object of a secret is kept: to make it
 * takes longer than the HMAC itself, and a signer uses the same few secrets all day.
 */
export class Sha256 {
  readonly #secret: Secret | undefined;
  #hash: ReturnType<typeof begin>;

  constructor(secret?: Secret) {
    this.#secret = secret;
    this.#hash = begin(secret);
  }
  update(bytes: Uint8Array) {
    this.#hash.update(bytes);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset() {
    this.#hash = begin(this.#secret);
  }
}

const begin = (secret?: Secret) =>
  secret === undefined ? createHash("sha256") : createHmac("sha256", keyOf(secret));

const keysOfTexts = new Map<string, KeyObject>();
const keysOfBytes = new WeakMap<Uint8Array, KeyObject>();

function keyOf(secret: Secret): KeyObject {
  const isText = typeof secret === "string";
  const known = isText ? keysOfTexts.get(secret) : keysOfBytes.get(secret);
  if (known) return known;
  const key = createSecretKey(isText ? Buffer.from(secret) : secret);
  if (isText) keysOfTexts.set(secret, key);
  else keysOfBytes.set(secret, key);
  return key;
}
