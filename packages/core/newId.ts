import { randomBytes } from "node:crypto";
import { v7 } from "uuid";

let msecs = 0;
let seq = 0;

/**
 * A UUID of version 7. Those of one process increase, also within a millisecond: pieces keep their order by it. The
 * random bytes are Node's, because the package's own come from WebCrypto, which takes 2 ms of a cold start to load.
 */
export function newId(): string {
  const random = randomBytes(16);
  const now = Date.now();
  seq = now > msecs ? random.readUInt32BE(6) >>> 1 : seq + 1;
  msecs = Math.max(msecs, now);
  return v7({ random, msecs, seq });
}
