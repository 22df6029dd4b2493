import { ownerBytes as readOwnerBytes } from "../packages/contract/limits.ts";
import { portraitSettings } from "../packages/contract/portraitProviders.ts";
import { rehostHosts as readRehostHosts } from "../packages/contract/rehostHosts.ts";
import { sweepMinutes } from "../packages/contract/schedules.ts";
import { refuseSharedSettings } from "./refuseSharedSettings.ts";

/**
 * The environment variables that infra reads, all in this file. SST adds those of `.env` and
 * `.env.<stage>`, and itself reads CLOUDFLARE_API_TOKEN and CLOUDFLARE_DEFAULT_ACCOUNT_ID.
 */
export const production = $app.stage === "production";
if (production && $dev)
  throw new Error(
    "sst dev would replace production's functions with ones on this machine. Run it on another stage.",
  );
if (production) refuseSharedSettings($cli.paths.root);

/**
 * The issuer whose tokens are accepted, an URL. Without one, callers have service keys, and the page tokens
 * that are requested with them.
 */
export const jwtIssuer = httpsUrl("JWT_ISSUER");

/** The `aud` that the issuer's tokens must have. */
export const jwtAudience = jwtIssuer ? setting("JWT_AUDIENCE", "keepsake") : "";

/** The host name of Studio, the web page, which needs an issuer; a stage without one has no page. */
export const studioDomain = hostName("STUDIO_DOMAIN", jwtIssuer ? optional("STUDIO_DOMAIN") : "");
if (!jwtIssuer && process.env.STUDIO_DOMAIN)
  throw new Error(
    "JWT_ISSUER is not set: Studio (STUDIO_DOMAIN) signs people in at an issuer. Set both or none",
  );

/** Studio's client id at the issuer, a public client. Without one, `sst dev` serves no page. */
export const studioClientId = studioDomain
  ? setting("STUDIO_CLIENT_ID")
  : jwtIssuer && optional("STUDIO_CLIENT_ID");

/** The origins of the issuer's endpoints, when they differ from the issuer's own origin. */
export const oidcOrigins = origins("OIDC_ORIGINS");

/** The origins of web pages that may call the API and upload files: Studio's, and your own. */
export const webOrigins = [
  ...new Set([
    ...(studioDomain ? [`https://${studioDomain}`] : []),
    ...origins("WEB_ORIGINS"),
    // Vite's development server
    ...(production ? [] : ["http://localhost:5173", "http://127.0.0.1:5173"]),
  ]),
];

/** The host name of the CDN in front of the images bucket; without one, images are at `r2.dev`. */
export const imagesDomain = hostName("IMAGES_DOMAIN", setting("IMAGES_DOMAIN", ""));

/** The Cloudflare zone that both host names are in. */
export const cloudflareZoneId = setting(
  "CLOUDFLARE_ZONE_ID",
  imagesDomain || studioDomain ? undefined : "",
);

/** The zone's plan at Cloudflare, which limits how often its cache may be purged. */
export const cloudflarePlan = oneOf("CLOUDFLARE_PLAN", ["free", "pro", "business", "enterprise"]);

/**
 * `managed` declares the zone's rules for response headers. A zone has one set of them, so a deployment
 * that manages it replaces rules that were made elsewhere.
 */
export const cloudflareRules = oneOf("CLOUDFLARE_RULES", ["unmanaged", "managed"]);

/** `made`: the deployment makes the two tokens for R2; `secrets`: their keys are set as secrets. */
export const r2KeysAreMade = oneOf("R2_KEYS", ["secrets", "made"]) === "made";

/** Where Cloudflare should place new buckets: near the AWS region, `DEPLOY_REGION` in sst.config.ts. */
export const r2Location = oneOf("R2_LOCATION", ["weur", "eeur", "enam", "wnam", "apac", "oc"]);
if (process.env.DEPLOY_REGION && !process.env.R2_LOCATION)
  throw new Error(
    "R2_LOCATION is not set: DEPLOY_REGION moves the functions, so set where the buckets are too",
  );

/** Where objects have to stay. Only for a new stage: another jurisdiction is another bucket. */
export const r2Jurisdiction = oneOf("R2_JURISDICTION", ["default", "eu", "fedramp"]);

/** `open` keeps r2.dev for images that were published there before there was IMAGES_DOMAIN. */
export const r2DevDomain = oneOf("R2_DEV_DOMAIN", ["closed", "open"]);

/** A provider with OpenAI's API, such as https://api.openai.com/v1; without one, offline. */
export const aiBaseUrl = process.env.AI_BASE_URL ?? "";
/** The provider's names for its models. */
export const aiTextModel = aiBaseUrl ? setting("AI_TEXT_MODEL") : "";
export const aiImageModel =
  aiBaseUrl && !process.env.AI_PORTRAIT_PROVIDER ? setting("AI_IMAGE_MODEL") : "";

/** The provider of portraits, when it is not the one of characters: `replicate` or `fal`. */
export const aiPortraits = portraitSettings(process.env);

/** The bot's name, without the @, for links to t.me/{name}. A stage without one has no bot. */
export const telegramBotName = optional("TELEGRAM_BOT_NAME");

/** Telegram's own Bot API server, or another. */
export const telegramApi = process.env.TELEGRAM_API || "https://api.telegram.org";

/** With `off` the bot does not reply to a picture with its URL. */
export const telegramReply = process.env.TELEGRAM_REPLY === "off" ? "off" : "on";

/** The receiver of events; without one, none are written and there is no queue for them. */
export const webhookUrl = httpsUrl("WEBHOOK_URL", { isSecret: true });

/** How often the sweep runs: deleted objects are removed within that time and 30 s. */
export const sweepEveryMinutes = sweepMinutes(process.env.SWEEP_MINUTES);

/** The bytes of images and portraits that an owner may store; 0 for no limit. */
export const ownerBytes = readOwnerBytes(process.env.OWNER_BYTES);

/** The hosts that images may be re-hosted from by their URL. */
export const rehostHosts = readRehostHosts(process.env.REHOST_HOSTS);

/** API requests a second that are let through, and twice as many at once; more get 429. */
export const apiRequestsPerSecond = wholeNumber("API_REQUESTS_PER_SECOND", 50, [1, 10_000]);

/** Batches of each queue that are worked on at the same time; without a value, those of the contract. */
export const queueConcurrency = process.env.QUEUE_CONCURRENCY
  ? wholeNumber("QUEUE_CONCURRENCY", 5, [2, 1_000])
  : undefined;

/**
 * How many streams may run at once: more get 429. 0 leaves it to the account's quota, of which the last
 * 100 cannot be reserved; a new account has fewer.
 */
export const streamConcurrency = wholeNumber("STREAM_CONCURRENCY", 0, [0, 1_000]);

/** The address for alarms; without one, there are no alarms. */
export const alarmEmail = optional("ALARM_EMAIL");

/** Whether there is a dashboard: in production unless it is `off`, elsewhere when it is `on`. */
export const hasDashboard = oneOf("DASHBOARD", production ? ["on", "off"] : ["off", "on"]) === "on";

/** US dollars that the AWS account may cost in a month before ALARM_EMAIL gets mail; empty for no budget. */
export const budgetUsd = optional("BUDGET_USD");
if (budgetUsd && !(Number(budgetUsd) > 0))
  throw new Error(`BUDGET_USD must be a number of US dollars above 0, not "${budgetUsd}"`);
if (budgetUsd && !alarmEmail)
  throw new Error("ALARM_EMAIL is not set: BUDGET_USD sends mail to it. Set both or no BUDGET_USD");

/** Reads a setting. `fallback` applies outside production; in production there is none. */
function setting(name: string, fallback?: string): string {
  const value = process.env[name] || (production ? undefined : fallback);
  if (value === undefined)
    throw new Error(
      `${name} is not set: put it in .env.${$app.stage} (docs/deploy.md describes it)`,
    );
  return value;
}

/** Reads an https URL; empty when not set. The error does not repeat one that is secret. */
function httpsUrl(name: string, { isSecret = false } = {}): string {
  const url = process.env[name] ?? "";
  if (url && URL.parse(url)?.protocol !== "https:")
    throw new Error(`${name} must be an https URL${isSecret ? "" : `, not "${url}"`}`);
  return url;
}

/** Reads a setting that adds something to a stage; empty when not set. */
function optional(name: string): string {
  return process.env[name] ?? "";
}

/** Reads a whole number in a range; `fallback` when not set. */
function wholeNumber(name: string, fallback: number, [least, most]: [number, number]): number {
  const value = Number(process.env[name] || fallback);
  if (!Number.isInteger(value) || value < least || value > most)
    throw new Error(
      `${name} must be a whole number from ${least} to ${most}, not "${process.env[name]}"`,
    );
  return value;
}

/** Reads one of these values; the first when not set. */
function oneOf(name: string, values: string[]): string {
  const value = process.env[name] || values[0];
  if (!values.includes(value))
    throw new Error(`${name} must be one of ${values.join(", ")}, not "${value}"`);
  return value;
}

/** Reads `https://a.example,https://b.example`; an empty list when not set. */
function origins(name: string): string[] {
  const entries = (process.env[name] ?? "").split(",").map((origin) => origin.trim());
  const origins = entries.filter((origin) => origin !== "");
  for (const origin of origins)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new Error(
        `${name} must be a list of origins such as https://app.example.com, but has "${origin}"`,
      );
  return origins;
}

function hostName(name: string, host: string): string {
  if (host && (!URL.canParse(`https://${host}`) || new URL(`https://${host}`).host !== host))
    throw new Error(`${name} must be a host name such as images.example.com, not "${host}"`);
  return host;
}
