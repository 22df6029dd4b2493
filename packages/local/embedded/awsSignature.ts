import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export type Credentials = { accessKeyId: string; secretAccessKey: string };

type SignedRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
};

/** The access key id of a request that has an AWS Signature Version 4 in its headers; undefined without one. */
export const accessKeyOf = ({ headers }: Pick<SignedRequest, "headers">) =>
  parseAuthorization(headers)?.accessKeyId;

/** Whether the signature covers this method, path, body, and its own list of headers. Does not check its age. */
export function isSigned(request: SignedRequest, { accessKeyId, secretAccessKey }: Credentials) {
  const { method, path, headers, body } = request;
  const parsed = parseAuthorization(headers);
  if (parsed?.accessKeyId !== accessKeyId) return false;
  const { scope, signedHeaders, signature } = parsed;
  const canonicalRequest = [
    method,
    path,
    "", // no query
    ...signedHeaders.split(";").map((name) => `${name}:${`${headers[name] ?? ""}`.trim()}`),
    "",
    signedHeaders,
    sha256(body),
  ].join("\n");
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    headers["x-amz-date"],
    scope.join("/"),
    sha256(canonicalRequest),
  ].join("\n");
  const key = scope.reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`);
  const expected = hmac(key, stringToSign);
  const actual = Buffer.from(signature, "hex");
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function parseAuthorization({ authorization = "" }: IncomingHttpHeaders) {
  const [, accessKeyId, scope = "", signedHeaders = "", signature = ""] =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]+)$/.exec(
      authorization,
    ) ?? [];
  return accessKeyId
    ? { accessKeyId, scope: scope.split("/"), signedHeaders, signature }
    : undefined;
}

const sha256 = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");

const hmac = (key: Buffer | string, text: string) =>
  createHmac("sha256", key).update(text).digest();
