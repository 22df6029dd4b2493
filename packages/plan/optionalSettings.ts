/** The settings that no stage needs, each with what it adds and what the stage does without it. */
const optionalSettings: { names: string[]; adds: string; without: string }[] = [
  {
    names: ["JWT_ISSUER", "JWT_AUDIENCE"],
    adds: "tokens of an issuer, which say who calls",
    without: "callers have service keys, and page tokens",
  },
  {
    names: ["STUDIO_DOMAIN", "STUDIO_CLIENT_ID"],
    adds: "the web page: CloudFront, a certificate, DNS records and a bucket in S3",
    without: "no web page",
  },
  {
    names: ["TELEGRAM_BOT_NAME"],
    adds: "the bot: its webhook, links to Telegram accounts, and two secrets",
    without: "no bot, and no routes for one",
  },
  {
    names: ["AI_BASE_URL", "AI_TEXT_MODEL", "AI_IMAGE_MODEL"],
    adds: "characters by a provider, which charges for each, and a secret",
    without: "characters are generated offline",
  },
  {
    names: ["AI_PORTRAIT_PROVIDER"],
    adds: "portraits by Replicate or fal, which charges for each, and a secret",
    without: "portraits are generated as the characters are",
  },
  {
    names: ["WEBHOOK_URL"],
    adds: "events for your backend: a queue with its consumer, and a secret",
    without: "no events are written or sent",
  },
  {
    names: ["ALARM_EMAIL"],
    adds: "alarms in CloudWatch, and e-mail about each",
    without: "no alarms",
  },
  {
    names: ["BUDGET_USD"],
    adds: "a budget of the AWS account, and e-mail when its month is about to cost more",
    without: "no budget",
  },
  {
    names: ["STREAM_CONCURRENCY"],
    adds: "that many Lambdas reserved for streams, and not more at once",
    without: "streams share the account's quota",
  },
];

/** What the settings of an environment add to a stage, as rows of a table. */
export function addedBySettings(env: NodeJS.Dict<string>): string[][] {
  return optionalSettings.map(({ names, adds, without }) => [
    names.join(", "),
    env[names[0]!] ? adds : `not set: ${without}`,
  ]);
}
