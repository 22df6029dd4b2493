import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { crc32 } from "node:zlib";
import { Refusal } from "./s3Error.ts";

type Hash = { update(chunk: Buffer): void; digest(): Buffer };
export type Checksum = { algorithm: string; promised: string; hash: Hash };

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

/** The checksums that a request states for its body, in headers or, presigned, in the URL. */
export function declaredChecksums(headers: IncomingHttpHeaders, { searchParams }: URL): Checksum[] {
  const stated = [...Object.entries(headers), ...searchParams].flatMap(([name, value]) => {
    const [, algorithm] = /^x-amz-checksum-(?!algorithm|mode|type)(.+)$/i.exec(name) ?? [];
    return algorithm ? [{ algorithm: algorithm.toLowerCase(), promised: `${value}` }] : [];
  });
  return stated.map(({ algorithm, promised }) => {
    const hash = hashes[algorithm]?.();
    if (!hash)
      throw new Refusal(501, "NotImplemented", `The local R2 cannot verify ${algorithm} checksums`);
    return { algorithm, promised, hash };
  });
}

/** Reads a body to its end, because nothing may be stored before its checksums are known to be right. */
export async function readChecked(request: IncomingMessage, checksums: Checksum[]) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk);
    for (const { hash } of checksums) hash.update(chunk);
  }
  for (const { algorithm, promised, hash } of checksums) {
    const digest = hash.digest();
    const claim = Buffer.from(promised, "base64");
    if (claim.length !== digest.length)
      throw new Refusal(
        400,
        "InvalidDigest",
        `The ${algorithm} checksum you specified is not valid`,
      );
    if (claim.equals(digest)) continue;
    throw new Refusal(
      400,
      "BadDigest",
      `The ${algorithm} checksum you specified did not match what we received`,
    );
  }
  return chunks;
}
