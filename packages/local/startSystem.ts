import { rm } from "node:fs/promises";
import { newWebhookSecret } from "@keepsake/adapters/standardWebhooks";
import { ownerBytes } from "@keepsake/contract/limits";
import { portraitSettings, takesReferences } from "@keepsake/contract/portraitProviders";
import { rehostHosts } from "@keepsake/contract/rehostHosts";
import { sweepMinutes } from "@keepsake/contract/schedules";
import { buildStudio } from "@keepsake/studio/build";
import { type Settings, settingsText } from "@keepsake/studio/settings";
import { startStudio } from "./aws/cloudFront.ts";
import { startBackends } from "./backends.ts";
import { localPages } from "./embedded/hostAndOrigin.ts";
import { embeddedImageHosts } from "./embedded/imageHosts/embeddedImageHosts.ts";
import { embeddedTelegram } from "./embedded/telegram/embeddedTelegram.ts";
import { telegramRates } from "./embedded/telegram/messageRateLimits.ts";
import { keepTelegramBots } from "./keepTelegramBots.ts";
import { home, type Local, readLocal, writeLocal } from "./localJson.ts";
import { closeAll, makePrivate } from "./privateFolder.ts";
import { restoreR2Keys, storedR2Keys } from "./r2Keys.ts";
import { startStack } from "./startStack.ts";
import { writePrivateFile } from "./writePrivateFile.ts";

/**
 * Starts the whole system with its data in `.keepsake`, which only this account can read and which `fresh` deletes first. SIGINT, SIGTERM and
 * SIGHUP stop everything in reverse order of start and end the process. When the start fails, what was
 * started is stopped before the error is thrown.
 */
export async function startSystem({ fresh }: { fresh: boolean }) {
  if (fresh) await rm(`${home}/data`, { recursive: true, force: true });
  await makePrivate(home);
  const stops: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopInReverse(stops);
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

/** Starts everything, and adds the function that stops each service to `stops`, in order of start. */
async function startAll(stops: (() => Promise<void>)[]): Promise<Local> {
  const stopLater = async <Service extends { stop(): Promise<void> }>(
    starting: Promise<Service>,
  ) => {
    const service = await starting;
    stops.push(service.stop);
    return service;
  };
  const previous = await readLocal();
  const r2Keys = restoreR2Keys(previous?.r2_keys);
  const signIn = signInSettings(process.env);
  const webhook_secret = previous?.webhook_secret ?? newWebhookSecret();
  const sweep_minutes = sweepMinutes(process.env.SWEEP_MINUTES);
  const telegramBots = keepTelegramBots(previous);

  // first, because the others must allow its origin
  const studio = await stopLater(startStudio({ port: portOf(previous?.studio) ?? 3007 }));
  const pages = process.env.WEB_ORIGINS ?? "http://localhost:5173,http://127.0.0.1:5173";
  const namedOrigins = [studio.origin, ...splitList(pages)];
  const webOrigins = [
    ...namedOrigins,
    ...(process.env.WEB_ORIGINS === undefined ? localPages : []),
  ];
  const building = buildStudio(`${home}/studio`).then(() => closeAll(`${home}/studio`)); // Vite copies files with their modes
  const settled = building.catch(() => {}); // a failed build is reported where it is awaited, below
  stops.push(() => settled);

  const starting = [
    stopLater(
      startBackends({
        directory: `${home}/data`,
        // the ports of the last run: URLs of published images contain the CDN's
        ports: {
          cdn: portOf(previous?.cdn) ?? 3001,
          r2: portOf(previous?.r2) ?? 3002,
          sqs: portOf(previous?.sqs) ?? 3003,
          postgres: portOf(previous?.database_url) ?? 3004,
        },
        webOrigins,
        r2Keys,
        cachesObjects: true,
        env: process.env,
      }),
    ),
    stopLater(
      embeddedTelegram({
        port: portOf(previous?.telegram) ?? 3005,
        botToken: "1000000001:local-bot-token",
        botName: "keepsake_local_bot",
        ...telegramBots,
        rates: process.env.TELEGRAM_RATES === "off" ? undefined : telegramRates,
        webOrigins: namedOrigins, // its requests need no credential that other pages do not know
      }),
    ),
    stopLater(embeddedImageHosts({ port: portOf(previous?.image_hosts) ?? 3008 })),
  ] as const;
  await Promise.allSettled(starting); // when one fails, the others are still stopped
  const [backends, telegram, imageHosts] = await Promise.all(starting);

  const portraits = portraitSettings(process.env);
  const stack = await stopLater(
    startStack({
      backends,
      port: Number(process.env.PORT ?? 3000),
      webOrigins,
      visibilitySeconds: 30, // less than as deployed: a developer waits for the retry
      telegram,
      streamPort: portOf(previous?.stream) ?? 3006,
      ...(process.env.AI_BASE_URL && { ai: aiSettings(process.env) }),
      aiPortraits: {
        ...portraits,
        apiKey: process.env.AI_PORTRAIT_API_KEY ?? "",
      },
      telegramReply: process.env.TELEGRAM_REPLY ?? "on",
      sweepMinutes: sweep_minutes,
      ownerBytes: ownerBytes(process.env.OWNER_BYTES),
      rehostHosts: rehostHostsOf(imageHosts.standIns(["sample"])),
      ...(process.env.WEBHOOK_URL && {
        webhook: { url: webhookUrl(process.env.WEBHOOK_URL), secret: webhook_secret },
      }),
      ...(signIn.by === "oidc" && { auth: signIn }),
      serviceKey: previous?.service_key,
    }),
  );
  const settings: Settings = {
    api: stack.api,
    stream: stack.stream,
    cdn: backends.r2.publicUrl,
    uploads: new URL(backends.r2.endpoint).origin,
    sign_in: signIn,
    sweep_minutes,
    phone: telegram.api,
    ...(!takesReferences(portraits, process.env.AI_BASE_URL ?? "") && { no_references: true }),
  };
  await building;
  await studio.serve({ directory: `${home}/studio`, settings, serviceKey: stack.serviceKey });
  await writePrivateFile(`${home}/studio.json`, settingsText(settings)); // for `npm run studio`

  const local: Local = {
    pid: process.pid,
    studio: studio.origin,
    api: stack.api,
    stream: stack.stream,
    cdn: backends.r2.publicUrl,
    r2: backends.r2.endpoint,
    sqs: backends.sqsEndpoint,
    telegram: telegram.api,
    telegram_bots: telegramBots.tokens(),
    image_hosts: imageHosts.origin,
    database_url: backends.databaseUrl,
    service_key: stack.serviceKey,
    r2_keys: storedR2Keys(r2Keys),
    webhook_secret,
  };
  telegramBots.addTo(local);
  await writeLocal(local);
  // for the operator's tools; contains the keys of the backends, embedded or real
  await writePrivateFile(`${home}/links.json`, process.env.SST_RESOURCES_JSON ?? "");
  return local;
}

async function stopInReverse(stops: (() => Promise<void>)[]) {
  for (const stop of stops.toReversed()) await stop();
}

const aiSettings = (env: NodeJS.ProcessEnv) => ({
  baseUrl: env.AI_BASE_URL ?? "",
  textModel: env.AI_TEXT_MODEL ?? "",
  imageModel: env.AI_IMAGE_MODEL ?? "",
  apiKey: env.AI_API_KEY ?? "",
});

/** The hosts of `REHOST_HOSTS`, and those of the stand-in, whose URLs need no network. */
const rehostHostsOf = (standIns: Record<string, string>) => ({
  hosts: [...rehostHosts(process.env.REHOST_HOSTS), ...Object.keys(standIns)],
  standIns,
});

/** Sign-in at an issuer when `JWT_ISSUER` is set; otherwise any name signs in, without a password. */
function signInSettings(env: NodeJS.ProcessEnv): Settings["sign_in"] {
  if (!env.JWT_ISSUER) return { by: "name" };
  if (!env.STUDIO_CLIENT_ID)
    throw new Error(
      "JWT_ISSUER is set, so STUDIO_CLIENT_ID must be too: the client id that the issuer has for Studio",
    );
  return {
    by: "oidc",
    issuer: env.JWT_ISSUER,
    client_id: env.STUDIO_CLIENT_ID,
    audience: env.JWT_AUDIENCE || "keepsake",
    origins: splitList(env.OIDC_ORIGINS ?? ""),
  };
}

/** On this machine a receiver needs no TLS. The error does not repeat the URL, which may have credentials. */
function webhookUrl(setting: string): string {
  const url = URL.parse(setting);
  if (url?.protocol === "http:" || url?.protocol === "https:") return setting;
  throw new Error("WEBHOOK_URL must be an http or https URL");
}

const splitList = (text: string) => text.split(",").filter((item) => item !== "");

const portOf = (url: string | undefined) =>
  url ? Number(new URL(url).port) || undefined : undefined;
