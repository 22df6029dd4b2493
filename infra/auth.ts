import { jwtAudience, jwtIssuer } from "./settings.ts";

/** Signs page tokens. Made by the first deploy, and kept in SST's state. */
const pageTokenKey = new random.RandomBytes("PageTokenKey", { length: 32 });

/** What a function needs to find out who calls it, besides the database with the service keys. */
export const auth = new sst.Linkable("Auth", {
  properties: { issuer: jwtIssuer, audience: jwtAudience, pageTokenKey: pageTokenKey.base64 },
});
