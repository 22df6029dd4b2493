import { exposedHeaders } from "../packages/contract/routes.ts";
import { type StreamName, streams } from "../packages/contract/streamingFunctions.ts";
import { auth } from "./auth.ts";
import { images } from "./bucketLinks.ts";
import { database } from "./database.ts";
import { decodes } from "./decoder.ts";
import { ai, aiPortraits } from "./generators.ts";
import { streamConcurrency, webOrigins } from "./settings.ts";

/** The links and resources of each stream. A new stream does not compile without an entry. */
const needs: Record<
  StreamName,
  { link: object[]; memory: `${number} MB` } & Partial<typeof decodes>
> = {
  // mostly waits for models; enough to encode six portraits within their size limit
  streamCharacters: {
    link: [database, images, ai, aiPortraits, auth],
    memory: "1769 MB",
    ...decodes,
  },
};

/** The functions of the streams, by name. */
export const streamFunctions = Object.fromEntries(
  Object.keys(streams).map((name) => [name, declare(name as StreamName)]),
) as Record<StreamName, sst.aws.Function>;

/** Function URLs of the streams: API Gateway does not stream, and waits no longer than 30 s. */
export const streamUrls = Object.fromEntries(
  Object.entries(streamFunctions).map(([name, { url }]) => [name, url]),
) as Record<StreamName, $util.Output<string>>;

function declare(name: StreamName) {
  return new sst.aws.Function(name[0].toUpperCase() + name.slice(1), {
    ...needs[name],
    handler: `functions/${name}.handler`,
    timeout: `${streams[name].timeoutSeconds} seconds`,
    streaming: true,
    // a function URL has no throttle of its own
    ...(streamConcurrency && { concurrency: { reserved: streamConcurrency } }),
    url: {
      authorization: "none", // the function checks the token itself
      cors: {
        allowOrigins: webOrigins,
        allowMethods: ["POST"],
        allowHeaders: ["authorization", "content-type"],
        exposeHeaders: exposedHeaders,
        maxAge: "1 hour",
      },
    },
  });
}
