import { createHash } from "node:crypto";
import { RetryableError } from "../outsideServiceErrors.ts";
import type { Bucket } from "../ports.ts";

/** What a row knows of an object. */
export type KnownObject = { key: string; bytes: number; sha256: string };

/**
 * The bytes of an object, compared with what its row knows; undefined when it does not exist. A response
 * may be cut short or altered on its way although it agrees with itself, so a mismatch is read again, 3
 * times in all. Resolves to "different" when every read gave the same bytes and the whole object. Throws
 * `RetryableError` otherwise.
 */
export async function readObject(
  bucket: Bucket,
  known: KnownObject,
): Promise<Buffer | "different" | undefined> {
  const reads = new Set<string>();
  let length = 0;
  for (let read = 1; read <= maxReads; read += 1) {
    const bytes = await bucket.get(known.key, known.bytes);
    if (!bytes) return undefined;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (bytes.length === known.bytes && sha256 === known.sha256) return bytes;
    reads.add(sha256);
    length = bytes.length;
  }
  const size = await bucket.size(known.key);
  if (size === undefined) return undefined;
  // of a longer object, `get` reads one byte more than was known
  if (reads.size === 1 && length === Math.min(size, known.bytes + 1)) return "different";
  throw new RetryableError(`${known.key} was not read whole: ${length} of ${size} bytes`);
}

/** The bytes of a published image. Throws `RetryableError` when they are not those that its row knows. */
export async function readPublished(
  images: Bucket,
  known: KnownObject,
): Promise<Buffer | undefined> {
  const bytes = await readObject(images, known);
  if (bytes === "different") throw new RetryableError(`${known.key} is not what its row says`);
  return bytes;
}

const maxReads = 3;
