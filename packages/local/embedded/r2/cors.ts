import type { IncomingMessage, ServerResponse } from "node:http";
import { exposedUploadHeaders, uploadHeaders } from "@keepsake/contract/uploadTypesAndHeaders";
import { isAllowedOrigin } from "../hostAndOrigin.ts";
import { S3Error } from "./s3Error.ts";

export type CorsRule = { methods: string[]; headers: string[]; exposed?: string[] };

/** The CORS rules of each bucket, for the listed origins. */
export const corsRules: Record<string, CorsRule> = {
  images: { methods: ["GET", "HEAD"], headers: [] },
  private: { methods: ["GET", "HEAD"], headers: [] },
  incoming: {
    methods: ["PUT"],
    headers: [...uploadHeaders],
    exposed: [...exposedUploadHeaders],
  },
};

/** Responds to a preflight request. Throws 403 for an origin, method or header that the rule does not list. */
export function sendPreflight(
  { headers }: IncomingMessage,
  response: ServerResponse,
  rule: CorsRule | undefined,
  webOrigins: string[],
) {
  const { origin = "", "access-control-request-method": method = "" } = headers;
  const requested = (headers["access-control-request-headers"] ?? "").toLowerCase();
  const names = requested.split(",").flatMap((name) => name.trim() || []);
  const isAllowed =
    rule?.methods.includes(method) && names.every((name) => rule.headers.includes(name));
  if (!isAllowed || !isAllowedOrigin(origin, webOrigins))
    throw new S3Error(403, "AccessForbidden", "This CORS request is not allowed");

  response.writeHead(204, {
    "access-control-allow-origin": origin,
    "access-control-allow-methods": rule?.methods.join(", "),
    ...(names.length > 0 && { "access-control-allow-headers": names.join(", ") }),
    vary: "origin, access-control-request-method, access-control-request-headers",
  });
  response.end();
}

/** Adds the CORS headers to a response, when the rule allows the origin and the method. */
export function allowOrigin(
  { method = "", headers: { origin = "" } }: IncomingMessage,
  response: ServerResponse,
  rule: CorsRule | undefined,
  webOrigins: string[],
) {
  if (!isAllowedOrigin(origin, webOrigins) || !rule?.methods.includes(method)) return;
  response.setHeader("access-control-allow-origin", origin);
  if (rule.exposed) response.setHeader("access-control-expose-headers", rule.exposed.join(","));
  response.setHeader("vary", "origin");
}
