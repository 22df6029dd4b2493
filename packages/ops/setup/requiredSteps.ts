import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Problem, sentenceOf } from "./answerProblem.ts";
import type { Session } from "./askQuestions.ts";
import { checkR2Keys } from "./checks/apiKeys.ts";
import { checkAws } from "./checks/aws.ts";
import {
  checkCloudflare,
  checkMayMakeTokens,
  checkPurgeToken,
  findZone,
} from "./checks/cloudflare.ts";
import { checkDatabase } from "./checks/database.ts";

/** AWS first: the stage's secrets are in its account. */
export async function aws(session: Session) {
  const works = await session.group(
    "AWS",
    [
      {
        name: "AWS_PROFILE",
        text: "Profile of the AWS CLI; none for the credentials of this terminal",
        optional: true,
      },
      { name: "DEPLOY_REGION", text: "Region of AWS", fallback: "eu-central-1" },
    ],
    ({ DEPLOY_REGION = "", AWS_PROFILE = "" }) => checkAws(DEPLOY_REGION, AWS_PROFILE),
  );
  await session.loadSecrets().catch((error) => {
    if (session.mode === "ask") throw error;
    if (works) session.problem(sentenceOf(error, "Reading the stage's secrets"));
  });
  const locations = ["weur", "eeur", "enam", "wnam", "apac", "oc"];
  const text = `Where R2 should place the buckets, near that region: ${locations.join(", ")}`;
  await session.group(
    "R2's location",
    [{ name: "R2_LOCATION", text, fallback: "weur" }],
    ({ R2_LOCATION = "" }) => {
      if (!locations.includes(R2_LOCATION))
        throw new Problem(`R2_LOCATION is one of ${locations.join(", ")}, not "${R2_LOCATION}"`);
      return `R2 places new buckets in ${R2_LOCATION}`;
    },
  );
}

export async function cloudflare(session: Session) {
  await session.group(
    "Cloudflare",
    [
      { name: "CLOUDFLARE_DEFAULT_ACCOUNT_ID", text: "Id of the Cloudflare account" },
      { name: "CLOUDFLARE_API_TOKEN", text: "Token for its API (docs/deploy.md, 2)", hidden: true },
    ],
    () => checkCloudflare(access(session)),
  );
}

/** The images' host name, and the token that purges their cache. Only production has to have one. */
export async function imagesDomain(session: Session) {
  const hint = session.isProduction ? "permanent" : "none for R2's own r2.dev address";
  const question = {
    name: "IMAGES_DOMAIN",
    text: `Host name of the images (${hint})`,
    optional: !session.isProduction,
  };
  const isRight = await session.group("The images' host name", [question], async (answers) => {
    const host = answers.IMAGES_DOMAIN ?? "";
    const before = session.saved("IMAGES_DOMAIN");
    if (before && host !== before && !(await mayChange(session, before)))
      throw new Problem(`The host name stays ${before}: image URLs in the database begin with it`);
    if (!host) return "Images are at R2's r2.dev address";
    const zone = await findZone(access(session), host);
    session.put("CLOUDFLARE_ZONE_ID", zone.id);
    return `Cloudflare: ${host} is in the zone ${zone.name}, and the token may write DNS records`;
  });
  const host = session.get("IMAGES_DOMAIN");
  if (!isRight || !host) return;
  await session.group(
    "The purge token",
    [
      {
        name: "CloudflarePurgeToken",
        text: "Token that may purge the zone's cache (docs/deploy.md, 5)",
      },
    ],
    (answers) =>
      checkPurgeToken(answers.CloudflarePurgeToken ?? "", session.get("CLOUDFLARE_ZONE_ID"), host),
  );
}

const mayChange = (session: Session, before: string) =>
  session.confirm(`Images that are published at ${before} keep that address. Change it?`, false);

export async function database(session: Session, { migrates }: { migrates: boolean }) {
  let pending = 0;
  const isRight = await session.group(
    "Postgres",
    [
      {
        name: "DatabaseUrl",
        text: "Postgres, postgres://…?sslmode=verify-full, the pooler's if there is one",
      },
    ],
    async ({ DatabaseUrl = "" }) => {
      const { missing, text } = await checkDatabase(DatabaseUrl, session);
      pending = missing.length;
      return text;
    },
  );
  if (!isRight || pending === 0) return;
  if (session.mode === "check")
    return session.problem(
      `${pending} migrations are pending: run npm run migrate (docs/deploy.md, 6)`,
    );
  if (!(await session.confirm("Run npm run migrate now?", migrates))) return;
  const direct = await session.secret(
    "Direct address of the database, if that was a pooler's",
    process.env.DATABASE_URL || session.get("DatabaseUrl"),
  );
  if (!(await migrate(direct)))
    session.problem(
      "The migrations failed: fix the cause, then run npm run migrate (docs/deploy.md, 6)",
    );
}

/** `npm run migrate`, which gets no answers of this command and prints no connection string. */
function migrate(databaseUrl: string): Promise<boolean> {
  const child = spawn(process.execPath, [bin, "migrate"], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code === 0));
  });
}

const bin = fileURLToPath(new URL("../bin.mjs", import.meta.url));

/** The keys of R2: made by the deployment, or two pairs. A stage that says nothing has two pairs. */
export async function r2Keys(session: Session) {
  const isOld = session.mode === "check" || session.get("R2AccessKeyId") !== "";
  const question = {
    name: "R2_KEYS",
    text: "Keys for R2: made (by the deployment) or secrets (two pairs of your own)",
    fallback: isOld ? "secrets" : "made",
  };
  const isRight = await session.group("Keys for R2", [question], async ({ R2_KEYS }) => {
    if (R2_KEYS === "secrets") return "R2's keys are secrets";
    if (R2_KEYS !== "made") throw new Problem(`R2_KEYS is made or secrets, not "${R2_KEYS}"`);
    await checkMayMakeTokens(access(session));
    return "Cloudflare: the deployment may make the tokens for R2";
  });
  if (isRight && session.get("R2_KEYS") === "secrets") await twoPairs(session);
}

async function twoPairs(session: Session) {
  const bucket = `keepsake-${session.stage}-incoming`.toLowerCase();
  const jurisdiction = session.get("R2_JURISDICTION") || "default";
  for (const [pair, prefix] of [
    ["store", "R2"],
    ["web", "R2Web"],
  ]) {
    const [id, secret] = [`${prefix}AccessKeyId`, `${prefix}SecretAccessKey`];
    await session.group(
      `The ${pair} keys`,
      [
        { name: id, text: `Access key id of R2, ${pair} pair` },
        { name: secret, text: `Secret access key of R2, ${pair} pair` },
      ],
      async (answers) => {
        const keys = { accessKeyId: answers[id]!, secretAccessKey: answers[secret]! };
        const { account } = access(session);
        return `R2, ${pair} pair: ${await checkR2Keys({ account, jurisdiction, bucket }, keys)}`;
      },
    );
  }
}

export const access = (session: Session) => ({
  account: session.get("CLOUDFLARE_DEFAULT_ACCOUNT_ID"),
  token: session.get("CLOUDFLARE_API_TOKEN"),
});
