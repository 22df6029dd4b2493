import { fork } from "node:child_process";
import path from "node:path";

/** What the app would create in a stage. Where a secret belongs it says `[secret]`. */
export type Plan = {
  app: { name: string; stage: string; protect?: boolean; removal: string };
  resources: Resource[];
  /** What the app tells at the end of a deploy. */
  outputs: Record<string, unknown>;
  /** The links by name, each with the TypeScript type of every property. */
  links: Record<string, Record<string, string>>;
  functions: Lambda[];
  /** What `sst dev` runs on the developer's machine, by name. */
  served: Record<string, { command: string; environment: Record<string, string> }>;
};

export type Resource = {
  urn: string;
  /** As Pulumi names it: `aws:sqs/queue:Queue`. */
  type: string;
  name: string;
  /** Made by a cloud, not a component that only groups others. */
  custom: boolean;
  parent?: string;
  protect: boolean;
  retainOnDelete: boolean;
  inputs: Record<string, unknown>;
};

/** A function as SST's builder is asked for it. */
export type Lambda = {
  /** The component it belongs to: the Lambda resource is called `{id}Function`. */
  id: string;
  handler: string;
  links: string[];
  /** Whether `sst dev` runs it on the developer's machine. */
  live: boolean;
  /** Packages that are installed beside the bundle, not bundled. */
  install: string[];
  /** The bundle, when artifacts were asked for. */
  bundle?: { file: string; bytes: number; external: string[] };
};

export type Options = {
  stage: string;
  /** As `sst dev` runs it. */
  dev?: boolean;
  /** Where to leave the bundled functions and the page; without it functions are only looked for. */
  artifacts?: string;
};

const root = path.resolve(import.meta.dirname, "../..");

/**
 * Runs `sst.config.ts` with SST's own components against an engine that only takes notes, in a process
 * of its own (Pulumi's runtime is global). Needs no account and no network. `env` is all that the
 * program sees of the environment.
 */
export async function plan(options: Options, env: Record<string, string>): Promise<Plan> {
  const { PATH = "", HOME = "" } = process.env;
  const child = fork(path.join(import.meta.dirname, "runProgram.ts"), [JSON.stringify(options)], {
    // Pulumi's packages are large: compiling them once saves a fifth of a plan's time
    env: { PATH, HOME, NODE_COMPILE_CACHE: path.join(root, ".sst/compiled"), ...env },
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let said = "";
  child.stdout?.on("data", (chunk) => (said += chunk));
  child.stderr?.on("data", (chunk) => (said += chunk));

  return new Promise((resolve, reject) => {
    child.on("message", (message) => resolve(message as Plan));
    child.on("error", reject);
    child.on("close", (code) => reject(new Error(`The plan failed (${code}): ${said.trim()}`)));
  });
}

/** Stand-ins for every setting and secret, for a plan that nobody will deploy. */
export const standIns = {
  CLOUDFLARE_DEFAULT_ACCOUNT_ID: "cloudflare-account",
  JWT_ISSUER: "https://issuer.example.com/",
  JWT_AUDIENCE: "keepsake",
  WEB_ORIGINS: "https://app.example.com",
  STUDIO_DOMAIN: "studio.example.com",
  STUDIO_CLIENT_ID: "studio-client",
  OIDC_ORIGINS: "https://keys.example.com",
  IMAGES_DOMAIN: "images.example.com",
  CLOUDFLARE_ZONE_ID: "cloudflare-zone",
  ALARM_EMAIL: "oncall@example.com",
  SST_SECRET_DatabaseUrl: "postgres://keepsake:database-password@db.example.com/keepsake",
  AI_BASE_URL: "https://api.example.com/v1",
  AI_TEXT_MODEL: "storyteller-1",
  AI_IMAGE_MODEL: "painter-1",
  SST_SECRET_AiApiKey: "ai-api-key",
  SST_SECRET_CloudflarePurgeToken: "cloudflare-purge-token",
  SST_SECRET_TelegramBotToken: "7000000000:telegram-bot-token",
  SST_SECRET_TelegramWebhookSecret: "telegram-webhook-secret",
  TELEGRAM_BOT_NAME: "keepsake_bot",
  SST_SECRET_R2AccessKeyId: "r2-access-key-id",
  SST_SECRET_R2SecretAccessKey: "r2-secret-access-key",
};
