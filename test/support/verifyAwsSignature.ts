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
  const signedHeaders = query.get("X-Amz-SignedHeaders") ?? "";
  const [, ...scope] = (query.get("X-Amz-Credential") ?? "").split("/");

  const canonicalRequest = canonicalOf({ ...request, url }, signedHeaders);
  const date = query.get("X-Amz-Date");
  return signatureOf({ canonicalRequest, date, scope }, secretAccessKey) === signature;
}

/** A URL that is valid for a minute, for a request that will be sent with these headers, `host` included. */
export function presignedUrl(
  request: { method: string; url: string; headers: Record<string, string> },
  keys: { accessKeyId: string; secretAccessKey: string },
): string {
  const url = new URL(request.url);
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), "auto", "s3", "aws4_request"];
  const signedHeaders = Object.keys(request.headers).sort().join(";");
  url.search = `${new URLSearchParams({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": [keys.accessKeyId, ...scope].join("/"),
    "X-Amz-Date": date,
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": signedHeaders,
  })}`;
  const canonicalRequest = canonicalOf({ ...request, url }, signedHeaders);
  const signature = signatureOf({ canonicalRequest, date, scope }, keys.secretAccessKey);
  url.searchParams.set("X-Amz-Signature", signature);
  return url.href;
}

function canonicalOf(
  { method, url, headers }: { method: string; url: URL; headers: Record<string, string> },
  signedHeaders: string,
) {
  return [
    method,
    url.pathname,
    [...url.searchParams]
      .filter(([name]) => name !== "X-Amz-Signature")
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .sort()
      .join("&"),
    ...signedHeaders.split(";").map((name) => `${name}:${headers[name]?.trim()}`),
    "",
    signedHeaders,
    "UNSIGNED-PAYLOAD",
  ].join("\n");
}

/** Whether a request is signed that has its signature, and a hash of its body, in headers. */
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
