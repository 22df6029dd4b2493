import { randomBytes } from "node:crypto";
import { isWebhookSecret, newWebhookSecret } from "@keepsake/adapters/standardWebhooks";
import { portraitSettings } from "@keepsake/contract/portraitProviders";
import { Problem } from "./answerProblem.ts";
import type { Session } from "./askQuestions.ts";
import { checkReplicate, listModels, readBotName } from "./checks/apiKeys.ts";
import { findZone } from "./checks/cloudflare.ts";
import { checkIssuer } from "./checks/issuer.ts";
import { access } from "./requiredSteps.ts";

/** The token issuer, and the web page, which needs it. */
export async function issuerAndPage(session: Session) {
  const issuer = ["JWT_ISSUER", "JWT_AUDIENCE", "OIDC_ORIGINS"];
  const page = ["STUDIO_DOMAIN", "STUDIO_CLIENT_ID"];
  if (!(await part(session, "A token issuer (OpenID Connect)?", issuer))) {
    session.clear(page);
    return session.save();
  }
  let origins: string[] = [];
  const isRight = await session.group(
    "The issuer",
    [
      { name: "JWT_ISSUER", text: "Issuer, as in its tokens' iss" },
      { name: "JWT_AUDIENCE", text: "Audience, as in its tokens' aud", fallback: "keepsake" },
    ],
    async ({ JWT_ISSUER = "" }) => {
      const found = await checkIssuer(JWT_ISSUER);
      origins = found.origins;
      return found.text;
    },
  );
  if (!isRight) return;
  if (!session.get("OIDC_ORIGINS")) session.put("OIDC_ORIGINS", origins.join(","));

  // `npm run dev` serves the page without a host name; production does not run it
  const without = session.isProduction ? page : ["STUDIO_DOMAIN"];
  if (!(await part(session, "The web page, Studio?", without)))
    return session.isProduction ? session.save() : pageOfDev(session);
  await session.group(
    "The page",
    [
      { name: "STUDIO_DOMAIN", text: "Host name of the page" },
      { name: "STUDIO_CLIENT_ID", text: "Its client id at the issuer (docs/deploy.md, 3)" },
    ],
    async ({ STUDIO_DOMAIN: host = "" }) => {
      const zone = await findZone(access(session), host);
      if (session.get("IMAGES_DOMAIN") && session.get("CLOUDFLARE_ZONE_ID") !== zone.id)
        throw new Problem(
          `${host} is in the zone ${zone.name}, and the images are in another: use one zone`,
        );
      if (host === session.get("IMAGES_DOMAIN"))
        throw new Problem("The page and the images need two host names");
      session.put("CLOUDFLARE_ZONE_ID", zone.id);
      return `Cloudflare: ${host} is in the zone ${zone.name}`;
    },
  );
}

/** The client id of a stage without a host name for the page: `npm run dev` serves the page with it. */
async function pageOfDev(session: Session) {
  await session.group(
    "The page of npm run dev",
    [
      {
        name: "STUDIO_CLIENT_ID",
        text: "Its client id at the issuer, for the page of npm run dev (docs/deploy.md, 3)",
        optional: true,
      },
    ],
    ({ STUDIO_CLIENT_ID }) =>
      STUDIO_CLIENT_ID ? "npm run dev serves the page" : "npm run dev serves no page",
  );
}

/** The Telegram bot. Its name comes from Telegram, and the webhook's secret is made here. */
export async function bot(session: Session) {
  if (!(await part(session, "A Telegram bot?", ["TELEGRAM_BOT_NAME"]))) return session.save();
  const api = session.get("TELEGRAM_API") || "https://api.telegram.org";
  await session.group(
    "Telegram",
    [{ name: "TelegramBotToken", text: "Token of the bot, from @BotFather" }],
    async ({ TelegramBotToken = "" }) => {
      const name = await readBotName(api, TelegramBotToken);
      const expected = session.mode === "ask" ? "" : session.get("TELEGRAM_BOT_NAME");
      if (expected && expected !== name)
        throw new Problem(`The token is of the bot ${name}, and TELEGRAM_BOT_NAME is ${expected}`);
      session.put("TELEGRAM_BOT_NAME", name);
      const secret = session.get("TelegramWebhookSecret");
      if (!secret && session.mode === "check")
        throw new Problem("TelegramWebhookSecret is not set");
      session.put("TelegramWebhookSecret", secret || randomBytes(24).toString("base64url"));
      return `Telegram: the token is of the bot ${name}`;
    },
  );
}

export async function aiProvider(session: Session) {
  const names = ["AI_BASE_URL", "AI_TEXT_MODEL", "AI_IMAGE_MODEL"];
  if (!(await part(session, "An AI provider for characters?", names))) return session.save();
  await session.group(
    "The AI provider",
    [
      { name: "AI_BASE_URL", text: "Its address", fallback: "https://api.openai.com/v1" },
      { name: "AiApiKey", text: "Its key" },
      { name: "AI_TEXT_MODEL", text: "Model for text" },
      { name: "AI_IMAGE_MODEL", text: "Model for images" },
    ],
    async (answers) => {
      const models = await listModels(answers.AI_BASE_URL!, answers.AiApiKey!);
      for (const name of ["AI_TEXT_MODEL", "AI_IMAGE_MODEL"])
        if (!models.includes(answers[name]!))
          throw new Problem(
            `The provider has no model "${answers[name]}" for ${name}; it has ${models.slice(0, 20).join(", ")}`,
          );
      return `AI provider: the key works, and both models exist among ${models.length}`;
    },
  );
}

/** Replicate or fal. A key of fal's is not tried: each of its calls that needs one costs money. */
export async function portraitProvider(session: Session) {
  const names = ["AI_PORTRAIT_PROVIDER", ...settingsOfPortraits];
  if (!(await part(session, "Portraits by Replicate or fal?", names))) return session.save();
  await session.group(
    "The provider of portraits",
    [
      { name: "AI_PORTRAIT_PROVIDER", text: "replicate or fal", fallback: "replicate" },
      { name: "AiPortraitApiKey", text: "Its key" },
    ],
    async ({ AI_PORTRAIT_PROVIDER = "", AiPortraitApiKey = "" }) => {
      const { provider, ...settings } = settingsOf(session, AI_PORTRAIT_PROVIDER);
      if (provider === "fal") return `fal: portraits by ${settings.model}; the key is not tried`;
      await checkReplicate(settings, AiPortraitApiKey);
      return `Replicate: the key works, and ${settings.model} exists`;
    },
  );
}

/** The receiver of events. The secret that signs them is made here. */
export async function events(session: Session) {
  if (!(await part(session, "Events for your backend?", ["WEBHOOK_URL"]))) return session.save();
  await session.group(
    "Events",
    [{ name: "WEBHOOK_URL", text: "Address of your backend that receives them" }],
    ({ WEBHOOK_URL = "" }) => {
      if (URL.parse(WEBHOOK_URL)?.protocol !== "https:")
        throw new Problem("WEBHOOK_URL is not an https URL");
      const secret = session.get("WebhookSecret");
      const isMade = isWebhookSecret(secret);
      if (!isMade && session.mode === "check")
        throw new Problem("WebhookSecret is not whsec_ and the base64 of 24 to 64 bytes");
      session.put("WebhookSecret", isMade ? secret : newWebhookSecret());
      return `Events go to ${new URL(WEBHOOK_URL).host}: npm run webhook -- test tries it once it is deployed`;
    },
  );
}

/** Those that have a default, and are not asked for. */
const settingsOfPortraits = [
  ...["AI_PORTRAIT_BASE_URL", "AI_PORTRAIT_MODEL", "AI_PORTRAIT_INPUT"],
  ...["AI_REFERENCE_MODEL", "AI_REFERENCE_INPUT"],
];

function settingsOf(session: Session, AI_PORTRAIT_PROVIDER: string) {
  const env = Object.fromEntries(settingsOfPortraits.map((name) => [name, session.get(name)]));
  try {
    return portraitSettings({ ...env, AI_PORTRAIT_PROVIDER });
  } catch (error) {
    throw new Problem((error as Error).message);
  }
}

export async function alarms(session: Session) {
  if (!(await part(session, "Alarms by e-mail?", ["ALARM_EMAIL", "BUDGET_USD"])))
    return session.save();
  await session.group(
    "Alarms",
    [
      { name: "ALARM_EMAIL", text: "Address for alarms" },
      {
        name: "BUDGET_USD",
        text: "US dollars a month of the whole AWS account, for mail before it costs more",
        optional: true,
      },
    ],
    ({ ALARM_EMAIL = "", BUDGET_USD = "" }) => {
      if (!/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(ALARM_EMAIL))
        throw new Problem(`"${ALARM_EMAIL}" is not an e-mail address`);
      if (BUDGET_USD && !(/^\d+(\.\d+)?$/.test(BUDGET_USD) && Number(BUDGET_USD) > 0))
        throw new Problem(`A budget is a number of US dollars above 0, not "${BUDGET_USD}"`);
      return `Alarms go to ${ALARM_EMAIL}, after a confirmation that AWS sends${BUDGET_USD && `; budget ${BUDGET_USD} US dollars`}`;
    },
  );
}

/** Whether the stage has an optional part. What it is made of is removed when the answer is no. */
async function part(session: Session, text: string, settings: string[]): Promise<boolean> {
  const isWanted = await session.confirm(text, session.get(settings[0]!) !== "");
  if (!isWanted) session.clear(settings);
  return isWanted;
}
