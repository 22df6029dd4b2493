import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { crc32 } from "node:zlib";
import { S3Error } from "./s3Error.ts";

type Hash = { update(chunk: Buffer): void; digest(): Buffer };
/** A checksum that a request declares, in base64, and the hash that verifies it. */
export type Checksum = { algorithm: string; declared: string; hash: Hash };

const hashes: Record<string, () => Hash> = {
  sha256: () => createHash("sha256"),
  sha1: () => createHash("sha1"),
  crc32: () => {
    let sum = 0;
    const update = (chunk: Buffer) => {
      sum = crc32(chunk, sum);
    };
    return { update, digest: () => Buffer.from(sum.toString(16).padStart(8, "0"), "hex") };
  },
};

/** The checksums that a request declares for its body, in headers or, when presigned, in the URL. */
export function declaredChecksums(headers: IncomingHttpHeaders, { searchParams }: URL): Checksum[] {
  const declarations = [...Object.entries(headers), ...searchParams].flatMap(([name, value]) => {
    const [, algorithm] = /^x-amz-checksum-(?!algorithm|mode|type)(.+)$/i.exec(name) ?? [];
    return algorithm ? [{ algorithm: algorithm.toLowerCase(), declared: `${value}` }] : [];
  });
  return declarations.map(({ algorithm, declared }) => {
    const hash = hashes[algorithm]?.();
    if (!hash)
      throw new S3Error(501, "NotImplemented", `The local R2 cannot verify ${algorithm} checksums`);
    return { algorithm, declared, hash };
  });
}

/** Reads the whole body and verifies its checksums, since nothing may be stored before they match. */
export async function readChecked(request: IncomingMessage, checksums: Checksum[]) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
    for (const { hash } of checksums) hash.update(chunk);
  }
  for (const { algorithm, declared, hash } of checksums) {
    const digest = hash.digest();
    const expected = Buffer.from(declared, "base64");
    if (expected.length !== digest.length)
      throw new S3Error(
        400,
        "InvalidDigest",
        `The ${algorithm} checksum you specified is not valid`,
      );
    if (expected.equals(digest)) continue;
    throw new S3Error(
      400,
      "BadDigest",
      `The ${algorithm} checksum you specified did not match what we received`,
    );
  }
  return chunks;
}
