import { createHash } from "node:crypto";

/** The ETag of an object that was written by one PUT, and of a part of a multipart upload. */
export const etagOf = (bytes: Uint8Array) => `"${createHash("md5").update(bytes).digest("hex")}"`;

/** The ETag of an object whose parts have these ETags, on S3 and, since June 2023, on R2. */
export function multipartEtag(parts: string[]): string {
  const sums = Buffer.from(parts.map((etag) => etag.slice(1, -1)).join(""), "hex");
  return `${etagOf(sums).slice(0, -1)}-${parts.length}"`;
}

/** What a response says of an object or a part that was written. */
export type Written = {
  ETag?: string | undefined;
  ServerSideEncryption?: string | undefined;
  SSECustomerAlgorithm?: string | undefined;
};

/**
 * Whether the response to a write has an ETag that is the MD5 of other bytes. It may have none, or one of
 * another form; and S3's is no MD5 of an object that a customer's key encrypts.
 */
export function namesOtherMd5(response: Written, expected: () => string): boolean {
  const { ETag, ServerSideEncryption, SSECustomerAlgorithm } = response;
  const isMd5 = ServerSideEncryption?.startsWith("aws:kms") !== true && !SSECustomerAlgorithm;
  const form = md5Form.exec(ETag ?? "");
  if (!isMd5 || !form) return false;
  const expectedForm = md5Form.exec(expected())!;
  return form[1] === expectedForm[1] && ETag !== expectedForm[0];
}

/** A multipart object has the MD5 of its parts' MD5 sums, and their number. */
const md5Form = /^"[0-9a-f]{32}(-\d+)?"$/;
