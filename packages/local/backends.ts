import type { Credentials } from "./embedded/awsSignature.ts";
import { embeddedPostgres } from "./embedded/postgres/embeddedPostgres.ts";
import { embeddedR2 } from "./embedded/r2/embeddedR2.ts";
import { embeddedSqs } from "./embedded/sqs.ts";
import { newR2Keys, type R2Keys, r2KeyPairs } from "./r2Keys.ts";

/** The outside systems that a stack uses, embedded or real. */
export type Backends = {
  databaseUrl: string;
  r2: {
    endpoint: string;
    /** The `store` pair, which reads and writes every bucket. */
    accessKeyId: string;
    secretAccessKey: string;
    /** The `web` pair, which presigns URLs for browsers: it writes the incoming bucket and reads the private one. */
    web: Credentials;
    imagesBucket: string;
    incomingBucket: string;
    privateBucket: string;
    publicUrl: string;
    /** The local CDN's cache as a zone of Cloudflare's; undefined when there is none to purge. */
    zone?: { api: string; zoneId: string; apiToken: string } | undefined;
    /** Whether it can copy an object if that has an ETag, onto a free key only. */
    copies: boolean;
  };
  sqsEndpoint: string;
};

type BackendPorts = { postgres: number; r2: number; cdn: number; sqs: number };

type BackendsOptions = {
  /** Absolute path; contains the data that must survive a restart. */
  directory: string;
  ports: BackendPorts;
  webOrigins: string[];
  /** The keys of the embedded R2; new ones when not given. */
  r2Keys?: R2Keys;
  /** Whether the embedded CDN keeps copies until they are purged, as Cloudflare's does. */
  cachesObjects?: boolean;
  env?: NodeJS.ProcessEnv;
};

/**
 * Starts Postgres, R2 and SQS concurrently, except those that the environment replaces by real ones. When
 * one fails, the others are stopped before its error is thrown.
 */
export async function startBackends(options: BackendsOptions) {
  const { directory, ports, webOrigins, env = {} } = options;
  const realR2 = env.R2_ENDPOINT ? readRealR2(env, env.R2_ENDPOINT) : undefined;
  const r2Keys = realR2?.keys ?? options.r2Keys ?? newR2Keys();
  const started = await Promise.allSettled([
    env.DATABASE_URL
      ? { url: env.DATABASE_URL, stop }
      : embeddedPostgres({ directory: `${directory}/postgres`, port: ports.postgres }),
    realR2
      ? { ...realR2, stop }
      : embeddedR2({
          directory: `${directory}/r2`,
          ports: { s3: ports.r2, cdn: ports.cdn },
          pairs: r2KeyPairs(r2Keys),
          webOrigins,
          cachesObjects: options.cachesObjects ?? false,
        }),
    env.SQS_ENDPOINT ? { endpoint: env.SQS_ENDPOINT, stop } : embeddedSqs({ port: ports.sqs }),
  ]);

  const failed = started.find((result) => result.status === "rejected");
  if (failed) {
    const running = started.flatMap((result) =>
      result.status === "fulfilled" ? [result.value] : [],
    );
    await Promise.all(running.map((backend) => backend.stop()));
    throw failed.reason;
  }
  const [postgres, r2, sqs] = started.map(
    (result) => (result as PromiseFulfilledResult<unknown>).value,
  ) as [Database, Storage, Queues];

  const backends: Backends = {
    databaseUrl: postgres.url,
    r2: {
      endpoint: r2.endpoint,
      publicUrl: r2.publicUrl,
      zone: r2.zone,
      copies: copiesObjects(env),
      ...r2Keys.store,
      web: r2Keys.web,
      imagesBucket: env.R2_IMAGES_BUCKET ?? "images",
      incomingBucket: env.R2_INCOMING_BUCKET ?? "incoming",
      privateBucket: env.R2_PRIVATE_BUCKET ?? "private",
    },
    sqsEndpoint: sqs.endpoint,
  };
  return {
    ...backends,
    /** True for the embedded SQS, which keeps no messages across a restart. */
    queuesStartEmpty: !env.SQS_ENDPOINT,
    async stop() {
      await Promise.all([postgres.stop(), r2.stop(), sqs.stop()]);
    },
  };
}

type Database = { url: string; stop(): Promise<void> };
type Storage = {
  endpoint: string;
  publicUrl: string;
  zone?: Backends["r2"]["zone"];
  stop(): Promise<void>;
};
type Queues = { endpoint: string; stop(): Promise<void> };

/** Real backends keep running. */
async function stop() {}

const readRealR2 = (env: NodeJS.ProcessEnv, endpoint: string) => ({
  endpoint,
  publicUrl: required(env, "R2_PUBLIC_URL"),
  keys: {
    store: {
      accessKeyId: required(env, "R2_ACCESS_KEY_ID"),
      secretAccessKey: required(env, "R2_SECRET_ACCESS_KEY"),
    },
    web: {
      accessKeyId: required(env, "R2_WEB_ACCESS_KEY_ID"),
      secretAccessKey: required(env, "R2_WEB_SECRET_ACCESS_KEY"),
    },
  } satisfies R2Keys,
});

/** R2 does, and any other S3 when `R2_COPIES` is `on`. */
const copiesObjects = ({ R2_ENDPOINT, R2_COPIES }: NodeJS.ProcessEnv) =>
  R2_COPIES === "on" ||
  R2_ENDPOINT === undefined ||
  new URL(R2_ENDPOINT).hostname.endsWith(".r2.cloudflarestorage.com");

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`R2_ENDPOINT is set, so set ${name} too`);
  return value;
}
