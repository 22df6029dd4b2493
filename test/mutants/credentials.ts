import type { Mutant } from "./mutant.ts";

const room = "functions/runtime/authentication";
const shapes = "test/api/issuerTokens.test.ts > refuse a credential of a wrong shape";
const changed = "test/api/pageTokens.test.ts > is refused when anything in it was changed";

/** Who may call, and as which owner. */
export const credentials: Mutant[] = [
  {
    name: "a token of another issuer reaches the issuer's keys",
    by: shapes,
    file: `${room}/issuerTokens.ts`,
    find: "claims.iss !== issuer || ",
    replace: "",
  },
  {
    name: "a token for another audience is accepted",
    by: shapes,
    file: `${room}/issuerTokens.ts`,
    find: "    if (!isFor(audience, claims)) throw refused();\n",
    replace: "",
  },
  {
    name: "an issuer's token may be signed with any algorithm",
    by: shapes,
    file: `${room}/issuerTokens.ts`,
    find: "algorithms.includes(String(header.alg)) && ",
    replace: "",
  },
  {
    name: "an expired token is accepted",
    by: "test/api/pageTokens.test.ts > stops when it expires",
    file: `${room}/parseToken.ts`,
    find: "isTime(exp) && exp > seconds",
    replace: "isTime(exp) && exp > 0",
  },
  {
    name: "a token is valid before its nbf",
    by: shapes,
    file: `${room}/parseToken.ts`,
    find: "(isTime(nbf) && nbf <= seconds)",
    replace: "isTime(nbf)",
  },
  {
    name: "claims that are not UTF-8 are read with other characters",
    by: shapes,
    file: `${room}/parseToken.ts`,
    find: 'decodeUtf8(Buffer.from(part, "base64url"))',
    replace: 'Buffer.from(part, "base64url").toString()',
  },
  {
    name: "a signature of the right key is not needed",
    by: "test/api/issuerTokens.test.ts > verify nothing that was signed with another key",
    file: `${room}/issuerKeys.ts`,
    find: "    throw refused();\n  }\n}",
    replace: "    return true;\n  }\n}",
  },
  {
    name: "an issuer's keys are read for every token with an unknown key",
    by: "test/api/issuerTokens.test.ts > are read once in 30 s",
    file: `${room}/issuerKeys.ts`,
    find: "    if (!reading && isPausing()) return;\n",
    replace: "",
  },
  {
    name: "requests at once each read the issuer's keys",
    by: "test/api/issuerTokens.test.ts > are waited for 5 s",
    file: `${room}/issuerKeys.ts`,
    find: "reading ??= fetchKeys(issuer)",
    replace: "reading = fetchKeys(issuer)",
  },
  {
    name: "known keys end with the issuer",
    by: "test/api/issuerTokens.test.ts > go on with known keys",
    file: `${room}/issuerKeys.ts`,
    find: "          failures += 1;\n",
    replace: "          failures += 1;\n          known = undefined;\n",
  },
  {
    name: "keys that the issuer withdrew are accepted for ever",
    by: "test/api/issuerTokens.test.ts > that the issuer withdrew",
    file: `${room}/issuerKeys.ts`,
    find: "Math.abs(Date.now() - known.at) < freshMs",
    replace: "Date.now() > 0",
  },
  {
    name: "a page token's HMAC is not compared",
    by: changed,
    file: `${room}/pageTokens.ts`,
    find: "signature.length !== expected.length || !timingSafeEqual(signature, expected)",
    replace: "signature.length !== expected.length",
  },
  {
    name: "a page token may last longer than an hour",
    by: changed,
    file: `${room}/pageTokens.ts`,
    find: " || lasts > limits.page_token_seconds",
    replace: " || lasts > 86_400",
  },
  {
    name: "a page token outlives its service key",
    by: "test/api/pageTokens.test.ts > stops within a minute of its service key",
    file: `${room}/authenticate.ts`,
    find: "if (!(await keys.isLive(tokens.verify(token)))) throw refused();",
    replace: "tokens.verify(token);",
  },
  {
    name: "the id of a service key is enough",
    by: "test/api/serviceKeys.test.ts > with another secret",
    file: `${room}/serviceKeys.ts`,
    find: " || !timingSafeEqual(secretHash(key.secret), stored)",
    replace: "",
  },
  {
    name: "a revoked key is accepted for two minutes",
    by: "test/api/serviceKeys.test.ts > that was revoked stops",
    file: `${room}/serviceKeys.ts`,
    find: "const keptMs = 60_000;",
    replace: "const keptMs = 120_000;",
  },
  {
    name: "a plus in the owner header is a plus",
    by: "test/api/serviceKeys.test.ts > is 422 without an owner",
    file: `${room}/caller.ts`,
    find: "/^[!-*\\-.-~]+$/",
    replace: "/^[!-+\\-.-~]+$/",
  },
  {
    name: "two owner headers are one owner",
    by: "test/api/serviceKeys.test.ts > is 422 with",
    file: `${room}/caller.ts`,
    find: "/^[!-*\\-.-~]+$/",
    replace: "/^[ !-*,\\-.-~]+$/",
  },
  {
    name: "there may be any number of service keys",
    by: "test/api/serviceKeys.test.ts > are at most 100",
    file: "packages/core/serviceKeys/serviceKeys.sql.ts",
    find: "  await tx`select pg_advisory_xact_lock(hashtextextended('service keys', 0))`;\n",
    replace: "",
  },
];
