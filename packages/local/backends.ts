import { embeddedPostgres } from "./embedded/postgres/embeddedPostgres.ts";
import { embeddedR2 } from "./embedded/r2/embeddedR2.ts";
import { embeddedSqs } from "./embedded/sqs.ts";

/** The outside systems that a stack stands on: embedded ones, or real ones in their place. */
export type Backends = {
  databaseUrl: string;
  r2: {
    endpoint: string;
    accessKeyId: string;
    secretAccessKey: string;
    imagesBucket: string;
    incomingBucket: string;
    publicUrl: string;
  };
  sqsEndpoint: string;
};

export type BackendPorts = { postgres: number; r2: number; cdn: number; sqs: number };

type BackendsOptions = {
  /** Absolute; holds what must survive a restart. */
  directory: string;
  ports: BackendPorts;
  webOrigins: string[];
  env?: NodeJS.ProcessEnv;
};

const embeddedKeys = { accessKeyId: "keepsake", secretAccessKey: "keepsake-local-secret-key" };

/** Starts the embedded parts that the environment does not replace, side by side. */
export async function startBackends({ directory, ports, webOrigins, env = {} }: BackendsOptions) {
  const started = await Promise.allSettled([
    env.DATABASE_URL
      ? { url: env.DATABASE_URL, stop }
      : embeddedPostgres({ directory: `${directory}/postgres`, port: ports.postgres }),
    env.R2_ENDPOINT
      ? { endpoint: env.R2_ENDPOINT, publicUrl: required(env, "R2_PUBLIC_URL"), stop }
      : embeddedR2({
          directory: `${directory}/r2`,
          ports: { s3: ports.r2, cdn: ports.cdn },
          credentials: embeddedKeys,
          webOrigins,
        }),
    env.SQS_ENDPOINT ? { endpoint: env.SQS_ENDPOINT, stop } : embeddedSqs({ port: ports.sqs }),
  ]);

  const failed = started.find((part) => part.status === "rejected");
  if (failed) {
    const running = started.flatMap((part) => (part.status === "fulfilled" ? [part.value] : []));
    await Promise.all(running.map((part) => part.stop()));
    throw failed.reason;
  }
  const [postgres, r2, sqs] = started.map(
    (part) => (part as PromiseFulfilledResult<unknown>).value,
  ) as [Database, Storage, Queues];

  const parts: Backends = {
    databaseUrl: postgres.url,
    r2: {
      endpoint: r2.endpoint,
      publicUrl: r2.publicUrl,
      ...(env.R2_ENDPOINT ? realKeys(env) : embeddedKeys),
      imagesBucket: env.R2_IMAGES_BUCKET ?? "images",
      incomingBucket: env.R2_INCOMING_BUCKET ?? "incoming",
    },
    sqsEndpoint: sqs.endpoint,
  };
  return {
    ...parts,
    /** True when the queues start empty, whatever was in them before. */
    queuesForget: !env.SQS_ENDPOINT,
    async stop() {
      await Promise.all([postgres.stop(), r2.stop(), sqs.stop()]);
    },
  };
}

type Database = { url: string; stop(): Promise<void> };
type Storage = { endpoint: string; publicUrl: string; stop(): Promise<void> };
type Queues = { endpoint: string; stop(): Promise<void> };

/** Real parts go on without us. */
async function stop() {}

const realKeys = (env: NodeJS.ProcessEnv) => ({
  accessKeyId: required(env, "R2_ACCESS_KEY_ID"),
  secretAccessKey: required(env, "R2_SECRET_ACCESS_KEY"),
});

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`R2_ENDPOINT is set, so ${name} must be too`);
  return value;
}
