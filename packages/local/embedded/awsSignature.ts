import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export type Credentials = { accessKeyId: string; secretAccessKey: string };

type SignedRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
};

/** What an AWS Signature Version 4 covers, and the scope and date that it is made for. */
export type Signable = {
  method: string;
  path: string;
  query: string;
  headers: IncomingHttpHeaders;
  signedHeaders: string;
  payloadHash: string;
  date: string | undefined;
  scope: string[];
};

/** The access key id of a request that has an AWS Signature Version 4 in its headers; undefined without one. */
export const accessKeyOf = ({ headers }: Pick<SignedRequest, "headers">) =>
  parseAuthorization(headers)?.accessKeyId;

/** Whether the signature covers this method, path, body, and its own list of headers. Does not check its age. */
export function isSigned(request: SignedRequest, { accessKeyId, secretAccessKey }: Credentials) {
  const parsed = parseAuthorization(request.headers);
  if (parsed?.accessKeyId !== accessKeyId) return false;
  const { body, ...rest } = request;
  const date = `${request.headers["x-amz-date"]}`;
  const signable = { ...rest, ...parsed, query: "", payloadHash: sha256(body), date };
  return isSameSignature(signatureOf(signable, secretAccessKey), parsed.signature);
}

/** The signature in the Authorization header; undefined when there is none, or in another form. */
export function parseAuthorization({ authorization = "" }: IncomingHttpHeaders) {
  const [, accessKeyId, scope = "", signedHeaders = "", signature = ""] =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]+)$/.exec(
      authorization,
    ) ?? [];
  return accessKeyId
    ? { accessKeyId, scope: scope.split("/"), signedHeaders, signature }
    : undefined;
}

/** The signature in hexadecimal. `query` is in canonical form. */
export function signatureOf(signable: Signable, secretAccessKey: string): string {
  const { method, path, query, headers, signedHeaders, payloadHash, date, scope } = signable;
  const headerText = (name: string) => `${headers[name] ?? ""}`.trim().replace(/ +/g, " ");
  const canonicalRequest = [
    method,
    path,
    query,
    ...signedHeaders.split(";").map((name) => `${name}:${headerText(name)}`),
    "",
    signedHeaders,
    payloadHash,
  ].join("\n");
  const stringToSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), sha256(canonicalRequest)].join(
    "\n",
  );
  const key = scope.reduce<Buffer | string>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, stringToSign).toString("hex");
}

export function isSameSignature(expected: string, actual: string) {
  const [one, other] = [Buffer.from(expected), Buffer.from(actual)];
  return one.length === other.length && timingSafeEqual(one, other);
}

const sha256 = (data: Buffer | string) => createHash("sha256").update(data).digest("hex");

const hmac = (key: Buffer | string, text: string) =>
  createHmac("sha256", key).update(text).digest();
