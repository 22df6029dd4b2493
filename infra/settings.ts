/**
 * Everything these files read from the environment, in one place. SST also fills it from `.env` and
 * `.env.<stage>`, and itself reads CLOUDFLARE_API_TOKEN and CLOUDFLARE_DEFAULT_ACCOUNT_ID.
 */
export const production = $app.stage === "production";
if (production && $dev)
  throw new Error("sst dev would move production's functions to this machine: use another stage");

/** The host name of Studio, the web page; a stage without one has no page. */
export const studioDomain = hostName("STUDIO_DOMAIN", setting("STUDIO_DOMAIN", ""));

/** Who Studio is to the issuer: a public client. Without one, `sst dev` serves no page. */
export const studioClientId = setting("STUDIO_CLIENT_ID", studioDomain ? undefined : "");

/** Where the issuer's endpoints are, when they are not at the issuer's own origin. */
export const oidcOrigins = origins("OIDC_ORIGINS");

/** The web pages that may call the API and send files: Studio, and those of yours. */
export const webOrigins = [
  ...new Set([
    ...(studioDomain ? [`https://${studioDomain}`] : []),
    ...origins("WEB_ORIGINS"),
    // a page that is being worked on, wherever it is served from
    ...(production ? [] : ["http://localhost:5173", "http://127.0.0.1:5173"]),
  ]),
];

/** Whose tokens are good. AWS fetches the issuer's keys while deploying, so no default would do. */
export const jwtIssuer = setting("JWT_ISSUER");

/** What those tokens are for: their `aud`. */
export const jwtAudience = setting("JWT_AUDIENCE", "keepsake");

/** The host name of the CDN in front of the images bucket; without one, R2's own address. */
export const imagesDomain = hostName("IMAGES_DOMAIN", setting("IMAGES_DOMAIN", ""));

/** The Cloudflare zone that both host names are in. */
export const cloudflareZoneId = setting(
  "CLOUDFLARE_ZONE_ID",
  imagesDomain || studioDomain ? undefined : "",
);

/** Where a provider speaks OpenAI's API, such as https://api.openai.com/v1; without one, offline. */
export const aiBaseUrl = process.env.AI_BASE_URL ?? "";
/** The provider's names for its models. */
export const aiTextModel = aiBaseUrl ? setting("AI_TEXT_MODEL") : "";
export const aiImageModel = aiBaseUrl ? setting("AI_IMAGE_MODEL") : "";

/** The bot's name, without the @: links lead to t.me/{name}. */
export const telegramBotName = setting("TELEGRAM_BOT_NAME", "keepsake_bot");

/** Telegram's own servers, or a Bot API server of yours. */
export const telegramApi = process.env.TELEGRAM_API || "https://api.telegram.org";

/** `off` keeps the bot from answering a picture with its URL. */
export const telegramReply = process.env.TELEGRAM_REPLY === "off" ? "off" : "on";

/** Who is told when something needs a person; without one, nothing watches. */
export const alarmEmail = setting("ALARM_EMAIL", "");

/** `elsewhere` stands in outside production. There, and without one, a setting must be given. */
function setting(name: string, elsewhere?: string): string {
  const value = process.env[name] || (production ? undefined : elsewhere);
  if (value === undefined)
    throw new Error(
      `${name} is not set: put it in .env.${$app.stage} (docs/deploy.md says what it is)`,
    );
  return value;
}

/** `https://a.example,https://b.example`; none when not set. */
function origins(name: string): string[] {
  const given = (process.env[name] ?? "").split(",").map((origin) => origin.trim());
  const own = given.filter((origin) => origin !== "");
  for (const origin of own)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      throw new Error(`${name} takes origins such as https://app.example.com, not "${origin}"`);
  return own;
}

function hostName(name: string, host: string): string {
  if (host && (!URL.canParse(`https://${host}`) || new URL(`https://${host}`).host !== host))
    throw new Error(`${name} takes a host name such as images.example.com, not "${host}"`);
  return host;
}
