import { type StreamName, streams } from "../packages/contract/streams.ts";
import { database } from "./database.ts";
import { ai } from "./generators.ts";
import { jwtAudience, jwtIssuer, webOrigins } from "./settings.ts";
import { images } from "./storage.ts";

/** What tells a good token, for functions that API Gateway's authorizer does not stand before. */
const auth = new sst.Linkable("Auth", {
  properties: { issuer: jwtIssuer, audience: jwtAudience },
});

/** What each stream may touch and needs. A new stream does not compile until it says so here. */
const needs: Record<StreamName, { link: object[]; memory: `${number} MB`; install: string[] }> = {
  // waits for models most of the time, and fits six portraits into their limit
  streamCharacters: { link: [database, images, ai, auth], memory: "1769 MB", install: ["sharp"] },
};

/** Functions with a URL of their own: API Gateway neither streams nor waits longer than 30 s. */
export const streamUrls = Object.fromEntries(
  Object.entries(streams).map(([name, { timeoutSeconds }]) => {
    const { install, ...rest } = needs[name as StreamName];
    const lambda = new sst.aws.Function(name[0].toUpperCase() + name.slice(1), {
      ...rest,
      handler: `functions/${name}.handler`,
      timeout: `${timeoutSeconds} seconds`,
      nodejs: { install },
      streaming: true,
      url: {
        authorization: "none", // the function checks the token itself
        cors: {
          allowOrigins: webOrigins,
          allowMethods: ["POST"],
          allowHeaders: ["authorization", "content-type"],
          maxAge: "1 hour",
        },
      },
    });
    return [name, lambda.url];
  }),
) as Record<StreamName, $util.Output<string>>;
