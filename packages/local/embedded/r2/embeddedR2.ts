import { listen } from "../listen.ts";
import { cdnProxy, s3Path, s3Proxy, serve } from "./s3Proxy.ts";
import { type Credentials, startSimulator } from "./simulator.ts";

type Options = {
  directory: string;
  ports: { s3: number; cdn: number };
  credentials: Credentials;
  webOrigins: string[];
};

/**
 * Starts an R2 on 127.0.0.1 with the buckets `images` and `incoming`: Cloudflare's own simulator behind
 * two gates. `endpoint` is for S3 clients, path style, region auto. `publicUrl` plays the CDN domain of
 * the images bucket. The ports are preferences; the URLs say which they became. Objects are kept in
 * `directory`. Signals are the caller's: without `stop` the simulator's process stays behind, and the
 * next start on the directory ends it.
 */
export async function embeddedR2({ directory, ports, credentials, webOrigins }: Options) {
  const simulator = await startSimulator(directory, credentials);
  const s3 = serve(s3Proxy(simulator.ask, webOrigins));
  const cdn = serve(cdnProxy(simulator.ask, webOrigins));
  const stop = once(async () => {
    for (const server of [s3, cdn]) {
      server.close();
      server.closeAllConnections();
    }
    await simulator.stop();
  });
  try {
    const [s3Port, cdnPort] = await Promise.all([listen(s3, ports.s3), listen(cdn, ports.cdn)]);
    return {
      endpoint: `http://127.0.0.1:${s3Port}${s3Path}`,
      publicUrl: `http://127.0.0.1:${cdnPort}`,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Does its work the first time only; every call waits for it. */
function once<T>(work: () => Promise<T>) {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
