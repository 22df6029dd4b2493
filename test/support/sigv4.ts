import { createHash, createHmac } from "node:crypto";

/**
 * Whether a presigned request carries the signature that AWS Signature Version 4 asks for, worked out
 * from the specification and not by the SDK. `headers` are those that the request will be sent with.
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
  const stringToSign = [
    "AWS4-HMAC-SHA256",
    query.get("X-Amz-Date"),
    scope.join("/"),
    createHash("sha256").update(canonicalRequest).digest("hex"),
  ].join("\n");
  const key = scope.reduce<Buffer | string>(
    (key, part) => hmac(key, part),
    `AWS4${secretAccessKey}`,
  );
  return hmac(key, stringToSign).toString("hex") === signature;
}

const hmac = (key: Buffer | string, text: string) =>
  createHmac("sha256", key).update(text).digest();

const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
