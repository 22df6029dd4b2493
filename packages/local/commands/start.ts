import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { buildStudio } from "@keepsake/studio/build";
import { type Settings, settingsText } from "@keepsake/studio/settings";
import { startStudio } from "../aws/cloudFront.ts";
import { startBackends } from "../backends.ts";
import { embeddedTelegram } from "../embedded/telegram/embeddedTelegram.ts";
import { startStack } from "../stack.ts";

/** What `.keepsake/local.json` says while a system runs, and where it was after it stopped. */
export type Local = {
  pid: number;
  /** The web page. */
  studio: string;
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
  const { studio, api, stream, cdn, r2, sqs, telegram, database_url } = system.local;
  console.log(`
  Studio    ${studio}
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
  if (fresh) await rm(`${home}/data`, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  const stops: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(stops);
    return stopping;
  };
  const local = await startAll(stops).catch(async (error) => {
    await stop();
    throw error;
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => stop().then(() => process.exit(0)));
  return { local, stop };
}

/** Starts every part, and leaves behind how each is stopped, in order. */
async function startAll(stops: (() => Promise<void>)[]): Promise<Local> {
  const before = await readLocal();
  const keep = async <Part extends { stop(): Promise<void> }>(starting: Promise<Part>) => {
    const part = await starting;
    stops.push(part.stop);
    return part;
  };
  const signIn = signInFrom(process.env);

  // first, because all others must allow its origin
  const studio = await keep(startStudio({ port: portOf(before?.studio) ?? 3007 }));
  const webOrigins = [
    studio.origin,
    ...list(process.env.WEB_ORIGINS ?? "http://localhost:5173,http://127.0.0.1:5173"),
  ];
  const building = buildStudio(`${home}/studio`);
  const built = building.catch(() => {}); // why not is told where it is served
  stops.push(() => built);

  const starting = [
    keep(
      startBackends({
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
      }),
    ),
    keep(
      embeddedTelegram({
        port: portOf(before?.telegram) ?? 3005,
        botToken: "1000000001:local-bot-token",
        botName: "keepsake_local_bot",
        webOrigins,
      }),
    ),
  ] as const;
  await Promise.allSettled(starting); // so that nothing is left behind when one of them fails
  const [parts, telegram] = await Promise.all(starting);

  // a message that failed comes back sooner than in the cloud: somebody is watching
  const stack = await keep(
    startStack({
      parts,
      port: Number(process.env.PORT ?? 3000),
      webOrigins,
      visibilitySeconds: 30,
      telegram,
      streamPort: portOf(before?.stream) ?? 3006,
      ...(process.env.AI_BASE_URL && { ai: aiFrom(process.env) }),
      telegramReply: process.env.TELEGRAM_REPLY ?? "on",
      ...(signIn.by === "oidc" && { auth: signIn }),
    }),
  );
  const settings: Settings = {
    api: stack.api,
    stream: stack.stream,
    cdn: parts.r2.publicUrl,
    uploads: new URL(parts.r2.endpoint).origin,
    sign_in: signIn,
    phone: telegram.api,
  };
  await building;
  await studio.serve({ directory: `${home}/studio`, settings });
  await writeFile(`${home}/studio.json`, settingsText(settings)); // for `npm run studio`

  const local: Local = {
    pid: process.pid,
    studio: studio.origin,
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
  return local;
}

/** The last one to start is the first to stop. */
async function stopAll(stops: (() => Promise<void>)[]) {
  for (const stop of stops.toReversed()) await stop();
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

/** By a real issuer when one is named; else everybody is who they say they are. */
function signInFrom(env: NodeJS.ProcessEnv): Settings["sign_in"] {
  if (!env.JWT_ISSUER) return { by: "name" };
  if (!env.STUDIO_CLIENT_ID)
    throw new Error("JWT_ISSUER is set, so STUDIO_CLIENT_ID must be too: who Studio is to it");
  return {
    by: "oidc",
    issuer: env.JWT_ISSUER,
    client_id: env.STUDIO_CLIENT_ID,
    audience: env.JWT_AUDIENCE || "keepsake",
    origins: list(env.OIDC_ORIGINS ?? ""),
  };
}

const list = (text: string) => text.split(",").filter((item) => item !== "");

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
