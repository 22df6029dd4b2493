import type { IncomingHttpHeaders } from "node:http";
import { S3Error } from "./s3Error.ts";

/**
 * The headers of a request, of which those that its signature does not cover cannot change what it does.
 * Throws S3's 403 for an unsigned `x-amz-*` header and, on a write, for one that is stored with the object,
 * which S3 would accept. Requests without a signature pass: the simulator refuses them.
 */
export function trustedHeaders(
  method: string,
  headers: IncomingHttpHeaders,
  { searchParams }: URL,
): IncomingHttpHeaders {
  const authorization = /\bSignedHeaders=([^,\s]*)/.exec(headers.authorization ?? "")?.[1];
  const presigned = searchParams.get("X-Amz-SignedHeaders") ?? undefined;
  const lists = [authorization, presigned].filter((list) => list !== undefined);
  if (lists.length === 0) return headers;

  const isSigned = (name: string) => lists.every((list) => list.split(";").includes(name));
  const isWrite = method === "PUT" || method === "POST";
  const unsigned = Object.keys(headers).filter((name) => {
    if (isSigned(name)) return false;
    return name.startsWith("x-amz-") || (isWrite && storedHeaders.includes(name));
  });
  if (unsigned.length > 0)
    throw new S3Error(
      403,
      "AccessDenied",
      "There were headers present in the request which were not signed",
      { HeadersNotSigned: unsigned.sort().join(", ") },
    );
  // fetch adds it beside If-None-Match, and AWS's SDK never signs it in headers: only in those is it stored
  if (presigned === undefined || isSigned("cache-control")) return headers;
  const { "cache-control": _, ...trusted } = headers;
  return trusted;
}

const storedHeaders = [
  ...["content-disposition", "content-encoding", "content-language", "content-type", "expires"],
];
