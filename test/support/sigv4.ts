import { createHash, createHmac } from "node:crypto";

/**
 * Whether a presigned request has a valid AWS Signature Version 4, computed from the specification and
 * without the SDK. `headers` are those that the request will be sent with.
 */
export function isSigned(
  request: { method: string; url: string; headers: Record<string, string> },
  secretAccessKey: string,
): boolean {
  const url = new URL(request.url);
  const query = new Map(url.searchParams);
  const signature = query.get("X-Amz-Signature");
  query.delete("X-Amz-Signature");
  const signedHeaders = query.get("X-Amz-SignedHeaders") ?? "";
  const [, ...scope] = (query.get("X-Amz-Credential") ?? "").split("/");

  const canonicalRequest = [
    request.method,
    url.pathname,
    [...query]
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join("&"),
    ...signedHeaders.split(";").map((name) => `${name}:${request.headers[name]?.trim()}`),
    "",
    signedHeaders,
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const date = query.get("X-Amz-Date");
  return signatureOf({ canonicalRequest, date, scope }, secretAccessKey) === signature;
}

/** The same for a request that has its signature, and a hash of its body, in headers. */
export function isSignedInHeaders(
  request: { method: string; path: string; headers: Record<string, string>; body: string },
  secretAccessKey: string,
): boolean {
  const { authorization = "", "x-amz-date": date } = request.headers;
  const [, credential = "", signedHeaders = "", signature] =
    /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=(\w+)$/.exec(
      authorization,
    ) ?? [];
  const [, ...scope] = credential.split("/");

  const canonicalRequest = [
    request.method,
    request.path,
    "",
    ...signedHeaders.split(";").map((name) => `${name}:${request.headers[name]?.trim()}`),
    "",
    signedHeaders,
    createHash("sha256").update(request.body).digest("hex"),
  ].join("\n");
  return signatureOf({ canonicalRequest, date, scope }, secretAccessKey) === signature;
}

function signatureOf(
  request: { canonicalRequest: string; date: string | null | undefined; scope: string[] },
  secretAccessKey: string,
) {
  const { canonicalRequest, date, scope } = request;
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    date,
    scope.join("/"),
    createHash("sha256").update(canonicalRequest).digest("hex"),
  ].join("\n");
  const key = scope.reduce<Buffer | string>(
    (key, part) => hmac(key, part),
    `AWS4${secretAccessKey}`,
  );
  return hmac(key, stringToSign).toString("hex");
}

const hmac = (key: Buffer | string, text: string) =>
  createHmac("sha256", key).update(text).digest();

const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
