import type { Settings } from "./settings.ts";

/** Allows the page what it needs and nothing else. Sent with every response of the page's origin. */
export function securityHeaders(settings: Settings): Record<string, string> {
  return {
    "content-security-policy": contentSecurityPolicy(settings),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
  };
}

function contentSecurityPolicy({ api, stream, cdn, uploads, sign_in, phone }: Settings) {
  const issuer = sign_in.by === "oidc" ? [sign_in.issuer, ...sign_in.origins] : [];
  // cdn: images that are downloaded as files
  const endpoints = [api, stream, uploads, cdn, ...issuer, ...(phone ? [phone] : [])];
  const rules = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "font-src": ["'self'"],
    // data: portraits that are not on the CDN yet; blob: previews of files that are being uploaded;
    // uploads: presigned URLs of private images
    "img-src": ["'self'", "data:", "blob:", origin(cdn), origin(uploads)],
    "connect-src": ["'self'", ...new Set(endpoints.map(origin))],
    "manifest-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["'none'"],
  };
  return Object.entries(rules)
    .map(([rule, sources]) => [rule, ...sources].join(" "))
    .join("; ");
}

const origin = (url: string) => new URL(url).origin;
