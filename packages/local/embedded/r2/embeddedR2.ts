import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { listen } from "../listen.ts";
import { cdnProxy } from "./cdnProxy.ts";
import { edgeCache } from "./edgeCache.ts";
import { createProxyServer } from "./proxyServer.ts";
import { purgeApiPath, zoneId } from "./purgeApi.ts";
import type { KeyPair } from "./s3Authorization.ts";
import { s3Path, s3Proxy } from "./s3Proxy.ts";
import { startSimulator } from "./simulator.ts";

type Options = {
  directory: string;
  ports: { s3: number; cdn: number };
  pairs: KeyPair[];
  webOrigins: string[];
  /** Whether the CDN keeps copies until they are purged, as Cloudflare's does. */
  cachesObjects?: boolean;
};

/**
 * Starts an R2 on 127.0.0.1 with the buckets `images`, `incoming` and `private`: Cloudflare's own simulator behind
 * two proxies. `endpoint` is for S3 clients that sign with one of the pairs, path style, region auto.
 * `publicUrl` stands in for the CDN domain of the images bucket. The ports are preferences; the URLs contain
 * the ports in use. Objects are kept in `directory`. The caller must handle signals: without `stop` the
 * simulator's process keeps running, and the next start on the directory ends it.
 */
export async function embeddedR2({ directory, ports, pairs, webOrigins, cachesObjects }: Options) {
  const simulatorKeys = {
    accessKeyId: randomBytes(16).toString("hex"),
    secretAccessKey: randomBytes(32).toString("hex"),
  };
  const simulator = await startSimulator(directory, simulatorKeys);
  const { sendRequest } = simulator;
  const uploads = join(directory, "multipart-uploads");
  const s3 = createProxyServer(
    s3Proxy({ sendRequest, simulatorKeys, pairs, webOrigins, directory: uploads }),
    { webOrigins, isSigned: true },
  );
  const apiToken = randomBytes(24).toString("base64url");
  const cached = cachesObjects ? { cache: edgeCache(), apiToken } : undefined;
  const cdn = createProxyServer(cdnProxy(sendRequest, webOrigins, cached), { webOrigins });
  const stop = once(async () => {
    for (const server of [s3, cdn]) {
      server.close();
      server.closeAllConnections();
    }
    await simulator.stop();
  });
  try {
    const [s3Port, cdnPort] = await Promise.all([listen(s3, ports.s3), listen(cdn, ports.cdn)]);
    const publicUrl = `http://127.0.0.1:${cdnPort}`;
    const zone = { api: `${publicUrl}${purgeApiPath}`, zoneId, apiToken };
    return {
      endpoint: `http://127.0.0.1:${s3Port}${s3Path}`,
      publicUrl,
      /** How the CDN's cache is purged; undefined without one. */
      zone: cachesObjects ? zone : undefined,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs the work on the first call only; every call waits for its result. */
function once<T>(work: () => Promise<T>) {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
