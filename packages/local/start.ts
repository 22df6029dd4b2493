import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { embeddedTelegram } from "./embedded/telegram.ts";
import { startParts } from "./parts.ts";
import { startStack } from "./stack.ts";

/** What `.keepsake/local.json` says while a system runs, and where it was after it stopped. */
export type Local = {
  pid: number;
  api: string;
  /** Where `streamCharacters` is served. */
  stream: string;
  cdn: string;
  r2: string;
  sqs: string;
  telegram: string;
  database_url: string;
};

/** Where data and addresses are kept. */
export const home = resolve(process.env.KEEPSAKE_HOME ?? ".keepsake");
const localFile = `${home}/local.json`;

/** `npm start`: the whole system, until it is told to stop. */
export async function main(args: string[]) {
  const unknown = args.filter((arg) => arg !== "--fresh");
  if (unknown.length > 0) return fail(`npm start takes -- --fresh only, not ${unknown.join(" ")}`);
  const running = await runningLocal();
  if (running) return fail(`Keepsake already runs at ${running.api} (process ${running.pid})`);

  const system = await startLocal({ fresh: args.includes("--fresh") });
  const { api, stream, cdn, r2, sqs, telegram, database_url } = system.local;
  console.log(`
  API       ${api}
  Stream    ${stream}
  CDN       ${cdn}
  R2        ${r2}
  SQS       ${sqs}
  Telegram  ${telegram}
  Postgres  ${database_url}

Ready: npm run demo walks the portrait flow. Ctrl+C stops.
`);
}

/** Starts the system with its data in `.keepsake`, and stops it in order when a signal comes. */
export async function startLocal({ fresh }: { fresh: boolean }) {
  const webOrigins = (
    process.env.WEB_ORIGINS ?? "http://localhost:5173,http://127.0.0.1:5173"
  ).split(",");
  if (fresh) await rm(`${home}/data`, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  const before = await readLocal();

  const parts = await startParts({
    directory: `${home}/data`,
    // the ports of last time: URLs of published images hold the CDN's
    ports: {
      cdn: portOf(before?.cdn) ?? 3001,
      r2: portOf(before?.r2) ?? 3002,
      sqs: portOf(before?.sqs) ?? 3003,
      postgres: portOf(before?.database_url) ?? 3004,
    },
    webOrigins,
    env: process.env,
  });
  const telegram = await embeddedTelegram({
    port: portOf(before?.telegram) ?? 3005,
    botToken: "1000000001:local-bot-token",
    botName: "keepsake_local_bot",
  });
  const stopParts = async () => {
    await Promise.all([parts.stop(), telegram.stop()]);
  };
  const port = Number(process.env.PORT ?? 3000);
  // a message that failed comes back sooner than in the cloud: somebody is watching
  const stack = await startStack({
    parts,
    port,
    webOrigins,
    visibilitySeconds: 30,
    telegram,
    streamPort: portOf(before?.stream) ?? 3006,
    ...(process.env.AI_BASE_URL && { ai: aiFrom(process.env) }),
    telegramReply: process.env.TELEGRAM_REPLY ?? "on",
  }).catch(async (error) => {
    await stopParts();
    throw error;
  });

  const local: Local = {
    pid: process.pid,
    api: stack.api,
    stream: stack.stream,
    cdn: parts.r2.publicUrl,
    r2: parts.r2.endpoint,
    sqs: parts.sqsEndpoint,
    telegram: telegram.api,
    database_url: parts.databaseUrl,
  };
  await writeFile(localFile, `${JSON.stringify(local, null, 2)}\n`);
  // for the operator's tools; it holds the keys of the embedded parts, or of the real ones in their place
  await writeFile(`${home}/links.json`, process.env.SST_RESOURCES_JSON ?? "", { mode: 0o600 });

  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stack.stop().then(stopParts);
    return stopping;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => stop().then(() => process.exit(0)));
  return { local, stop };
}

/** The system that runs in this folder, when one does. */
export async function runningLocal(): Promise<Local | undefined> {
  const local = await readLocal();
  if (!local || !isAlive(local.pid)) return undefined;
  const answer = await fetch(`${local.api}/health`).catch(() => undefined);
  return answer?.ok ? local : undefined;
}

const aiFrom = (env: NodeJS.ProcessEnv) => ({
  baseUrl: env.AI_BASE_URL ?? "",
  textModel: env.AI_TEXT_MODEL ?? "",
  imageModel: env.AI_IMAGE_MODEL ?? "",
  apiKey: env.AI_API_KEY ?? "",
});

async function readLocal(): Promise<Local | undefined> {
  try {
    return JSON.parse(await readFile(localFile, "utf8"));
  } catch {
    return undefined;
  }
}

const portOf = (url: string | undefined) =>
  url ? Number(new URL(url).port) || undefined : undefined;

function isAlive(pid: number) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function fail(message: string) {
  console.error(message);
  process.exitCode = 1;
}
