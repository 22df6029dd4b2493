import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "@keepsake/client";
import { countingProxy } from "./countingProxy.ts";
import { postgresProxy } from "./postgresProxy.ts";
import type { Environment } from "./startEnvironment.ts";

/**
 * The whole local system in a process of its own, on a database of its own, with a client of one owner, and no
 * sweeps. Proxies count its requests to R2, as `nameOf` says, and its statements; `platform` serves `picture` at every
 * path.
 */
export async function localSystem(
  { backends, createDatabase, startProcess }: Environment,
  {
    picture,
    nameOf,
    sqsEndpoint = backends.sqsEndpoint,
  }: { picture: Buffer; nameOf(request: IncomingMessage): string; sqsEndpoint?: string },
) {
  const platform = await serve(picture);
  const r2 = await countingProxy(backends.r2.endpoint, nameOf);
  const database = await createDatabase("keepsake");
  const postgres = await postgresProxy(database.url);
  const stack = await startProcess("processes/keepsakeApi.ts");
  const { url: baseUrl } = await stack.call<{ url: string }>("start", {
    backends: {
      databaseUrl: postgres.url,
      r2: { ...backends.r2, endpoint: r2.url },
      sqsEndpoint,
    },
    consume: true,
    sweepMinutes: 1_440,
    discordOrigins: [platform.origin],
  });
  const [token = ""] = await stack.call<string[]>("tokens", { count: 1 });
  return {
    client: createClient({ baseUrl, token }),
    database,
    postgres,
    r2,
    platform,
    stack,
    async stop() {
      await r2.stop();
      postgres.stop();
      platform.stop();
    },
  };
}

/** A platform that serves the same picture at every path. */
async function serve(picture: Buffer) {
  const server = createServer((_, response) => response.end(picture)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
