import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { changeSettings } from "@keepsake/ops/setup/envFile";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openAi } from "../support/openai.ts";
import { certificates, postgresTlsProxy } from "../support/postgresTlsProxy.ts";
import { replicateApi } from "../support/replicate.ts";
import {
  awsKeys,
  fakeSst,
  startCloudflareApi,
  startEmptyR2,
  startSts,
  startTlsIssuer,
} from "../support/setupStandIns.ts";
import { copyDatabase } from "../support/stack.ts";

const bin = fileURLToPath(new URL("../../packages/ops/bin.mjs", import.meta.url));
const databaseUrl = await copyDatabase();

const deploys = {
  permissions: [
    "account:read",
    "r2:read",
    "r2:edit",
    "tokens:edit",
    "zone:read",
    "dns:read",
    "dns:edit",
  ],
};
const without = (permission: string) => ({
  permissions: deploys.permissions.filter((name) => name !== permission),
});
const tokens = {
  "cf-token-good": deploys,
  "cf-token-expired": { ...deploys, status: "expired" },
  "cf-token-no-account": without("account:read"),
  "cf-token-no-r2": without("r2:read"),
  "cf-token-reads-r2": without("r2:edit"),
  "cf-token-no-zone": without("zone:read"),
  "cf-token-reads-dns": without("dns:edit"),
  "cf-token-no-tokens": without("tokens:edit"),
  "cf-token-purge": { permissions: ["purge"] },
};
const botToken = "8080:bot-secret-that-is-never-printed";

let cloudflare: Awaited<ReturnType<typeof startCloudflareApi>>;
let sts: Awaited<ReturnType<typeof startSts>>;
let issuer: Awaited<ReturnType<typeof startTlsIssuer>>;
let r2: Awaited<ReturnType<typeof startEmptyR2>>;
let ai: Awaited<ReturnType<typeof openAi>>;
let replicate: Awaited<ReturnType<typeof replicateApi>>;
let telegram: EmbeddedTelegram;
let database: Awaited<ReturnType<typeof postgresTlsProxy>>;
let certificate: string;
beforeAll(async () => {
  [cloudflare, sts, issuer, r2, ai, replicate, telegram, database] = await Promise.all([
    startCloudflareApi(tokens),
    startSts(),
    startTlsIssuer(),
    startEmptyR2({ accessKeyId: "r2-id", secretAccessKey: "r2-secret-access-key" }),
    openAi(),
    replicateApi(),
    embeddedTelegram({ port: 0, botToken, botName: "our_bot" }),
    copyDatabase().then(postgresTlsProxy),
  ]);
  certificate = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-ca-")), "ca.pem");
  fs.writeFileSync(certificate, certificates.localhost);
});
afterAll(async () => {
  fs.rmSync(path.dirname(certificate), { recursive: true });
  await Promise.all(
    [cloudflare, sts, issuer, r2, ai, replicate, telegram, database].map((one) => one.stop()),
  );
});

let directory: string;
let sst: ReturnType<typeof fakeSst>;
beforeEach(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-setup-"));
  sst = fakeSst(directory);
});
afterEach(() => fs.rmSync(directory, { recursive: true }));

describe("npm run setup asks, checks each answer by using it, and asks again", () => {
  test("with wrong answers first, up to a stage with every part", async () => {
    fs.writeFileSync(path.join(directory, ".env.ada"), "# ours\nMY_OWN='kept # as it is'\n");
    const url = database.url("0.0.0.0");
    const { code, output } = await setup(["--stage", "ada"], {
      answers: [
        ...["", "nowhere", "", "eu-west-1"], // AWS: profile, region; twice
        ...["moon", "weur"],
        ...["account-1", "wrong-token", "account-2", "cf-token-good", "account-1", ""],
        ...["images.elsewhere.net", "images.example.com"],
        ...["cf-token-good", "cf-token-purge"],
        ...[
          url.replace(/\?.*/, ""),
          `${url.replace(/:[^:@]+@/, ":wrong-password@")}?sslmode=require`,
          `${url}?sslmode=require`,
        ],
        ...["perhaps", new URL(url).password, "made"],
        ...[
          "y",
          "http://issuer.example.com/",
          "",
          `${issuer.issuer}/symmetric`,
          "",
          issuer.issuer,
          "",
        ],
        ...["y", "images.example.com", "client-1", "studio.example.com", ""],
        ...["maybe", "y", "nonsense", "8081:of-no-bot", botToken],
        ...["y", ai.baseUrl, "wrong-key", "text-model-1", "image-model-1"],
        ...["", ai.apiKey, "text-model-9", ""],
        ...["", "", "text-model-1", ""],
        ...["y", "midjourney", "a-key", "replicate", "wrong-key", "", replicate.apiKey],
        ...["y", "http://app.example.com/hooks", "https://app.example.com/hooks"],
        ...["y", "not an address", "", "oncall@example.com", "lots", "", "25"],
      ],
    });
    expect(output.split("\n").filter((line) => line.includes("!!"))).toEqual([
      expect.stringContaining('"nowhere" is not a region of AWS'),
      expect.stringContaining("R2_LOCATION is one of weur"),
      expect.stringContaining("Cloudflare does not know the token (401, Invalid API Token)"),
      expect.stringContaining("The token cannot read account account-2"),
      expect.stringContaining("images.elsewhere.net is in no zone of the account"),
      expect.stringContaining("The purge token cannot purge the zone (403, Authentication error)"),
      expect.stringContaining("has no sslmode that requires TLS"),
      expect.stringContaining("Postgres does not accept the connection ("),
      expect.stringContaining('R2_KEYS is made or secrets, not "perhaps"'),
      expect.stringContaining('R2_KEYS is made or secrets, not "***"'),
      expect.stringContaining("must be an https address"),
      expect.stringContaining("has no RSA, P-256 or Ed25519 key"),
      expect.stringContaining("The page and the images need two host names"),
      expect.stringContaining("Answer with y or n"),
      expect.stringContaining("A bot's token is a number, a colon and letters"),
      expect.stringContaining("Telegram does not know the bot's token"),
      expect.stringContaining("The AI provider does not accept the key (401)"),
      expect.stringContaining('The provider has no model "text-model-9"'),
      expect.stringContaining("AI_PORTRAIT_PROVIDER must be one of replicate, fal"),
      expect.stringContaining("Replicate does not accept the key (401)"),
      expect.stringContaining("WEBHOOK_URL is not an https URL"),
      expect.stringContaining('"not an address" is not an e-mail address'),
      expect.stringContaining('A budget is a number of US dollars above 0, not "lots"'),
    ]);
    expect(output).toContain("npm run deploy -- --stage ada");
    expect(code).toBe(0);

    const file = path.join(directory, ".env.ada");
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readFileSync(file, "utf8")).toBe(
      [
        "# ours",
        "MY_OWN='kept # as it is'",
        "DEPLOY_REGION=eu-west-1",
        "R2_LOCATION=weur",
        "CLOUDFLARE_DEFAULT_ACCOUNT_ID=account-1",
        "CLOUDFLARE_API_TOKEN=cf-token-good",
        "CLOUDFLARE_ZONE_ID=zone-1",
        "IMAGES_DOMAIN=images.example.com",
        "R2_KEYS=made",
        `JWT_ISSUER=${issuer.issuer}`,
        "JWT_AUDIENCE=keepsake",
        "OIDC_ORIGINS=https://tokens.example.com",
        "STUDIO_DOMAIN=studio.example.com",
        "STUDIO_CLIENT_ID=client-1",
        "TELEGRAM_BOT_NAME=our_bot",
        `AI_BASE_URL=${ai.baseUrl}`,
        "AI_TEXT_MODEL=text-model-1",
        "AI_IMAGE_MODEL=image-model-1",
        "AI_PORTRAIT_PROVIDER=replicate",
        "WEBHOOK_URL=https://app.example.com/hooks",
        "ALARM_EMAIL=oncall@example.com",
        "BUDGET_USD=25",
        "",
      ].join("\n"),
    );
    expect(sst.secrets()).toEqual({
      AiPortraitApiKey: replicate.apiKey,
      CloudflarePurgeToken: "cf-token-purge",
      DatabaseUrl: `${url}?sslmode=require`,
      TelegramBotToken: botToken,
      TelegramWebhookSecret: expect.stringMatching(/^[\w-]{32}$/),
      AiApiKey: ai.apiKey,
      WebhookSecret: expect.stringMatching(/^whsec_[\w+/]{43}=$/),
    });
    expectNoSecrets(output);
    expectNoSecrets(sst.calls().join("\n"));
    expect(cloudflare.changes.filter((change) => !change.endsWith("purge_cache"))).toEqual([]);

    // again: every default is what is there, and nothing changes
    const before = fs.readFileSync(file, "utf8");
    const secretsBefore = sst.secrets();
    const calls = sst.calls().length;
    const again = await setup(["--stage", "ada"], { answers: Array(40).fill("") });
    expect([again.code, again.output]).toEqual([0, expect.not.stringContaining("!!")]);
    expect(again.output).toContain("[set]");
    expect(fs.readFileSync(file, "utf8")).toBe(before);
    expect([sst.secrets(), sst.calls().length]).toEqual([secretsBefore, calls + 1]);
    expectNoSecrets(again.output);

    const checked = await setup(["--stage", "ada", "--check"], {});
    expect([checked.code, checked.output]).toEqual([
      0,
      expect.stringContaining("No problems found"),
    ]);

    // no to a part removes its settings, and another host name for images has to be confirmed
    const less = await setup(["--stage", "ada"], {
      answers: [
        ...["", "", "", "", "", "pictures.example.com", "n", "pictures.example.com", "y", ""],
        ...["", "", "n", "n", "n", "n", "n", "n"],
      ],
    });
    expect([less.code, less.output]).toEqual([
      0,
      expect.stringContaining("The host name stays images.example.com"),
    ]);
    const text = fs.readFileSync(file, "utf8");
    expect(text).toContain("IMAGES_DOMAIN=pictures.example.com");
    expect(text).not.toMatch(/^(JWT|STUDIO|OIDC|TELEGRAM|AI|ALARM|BUDGET|WEBHOOK)_/m);
  }, 90_000);

  test("and says whether migrations are pending, and applies them", async () => {
    const name = `setup_${randomUUID().replaceAll("-", "")}`;
    const admin = postgres(databaseUrl, { max: 1 });
    await admin.unsafe(`create database ${name}`);
    await admin.end();
    const url = Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).href;
    const { code, output } = await setup(["--stage", "ada"], {
      answers: [
        "",
        "",
        "",
        "account-1",
        "cf-token-good",
        "",
        url,
        "y",
        "",
        "made",
        ...Array(6).fill(""),
      ],
    });
    expect([code, output]).toEqual([0, expect.stringMatching(/(\d+) of \1 migrations pending/)]);
    const check = await setup(["--stage", "ada", "--check"], {});
    expect([check.code, check.output]).toEqual([
      0,
      expect.stringMatching(/all \d+ migrations applied/),
    ]);
    expectNoSecrets(output);
  }, 90_000);

  test("and keeps the client id of the page of npm run dev in a stage without a page", async () => {
    const file = path.join(directory, ".env.ada");
    const clientId = () => fs.readFileSync(file, "utf8").match(/^STUDIO_.*$/gm);
    const asked = await setup(["--stage", "ada"], {
      answers: [
        ...["", "", "", "account-1", "cf-token-good", "", databaseUrl, "made"],
        ...["y", issuer.issuer, "", "n", "client-1", "", "", "", "", ""],
      ],
    });
    expect([asked.code, asked.output]).toEqual([0, expect.not.stringContaining("!!")]);
    expect(clientId()).toEqual(["STUDIO_CLIENT_ID=client-1"]);

    const again = (page: string[]) =>
      setup(["--stage", "ada"], {
        answers: [...Array(11).fill(""), ...page, ...Array(5).fill("")],
      });
    expect(await again(["n", ""])).toMatchObject({ code: 0 });
    expect(clientId()).toEqual(["STUDIO_CLIENT_ID=client-1"]);
    expect(await setup(["--stage", "ada", "--yes"], {})).toMatchObject({ code: 0 });
    expect(clientId()).toEqual(["STUDIO_CLIENT_ID=client-1"]);

    expect(await again(["n", "none"])).toMatchObject({ code: 0 });
    expect(clientId()).toBeNull();
  }, 60_000);

  test("and keeps what was accepted when the answers end", async () => {
    const { code, output } = await setup(["--stage", "ada"], {
      answers: ["", "", "", "account-1"],
    });
    expect([code, output]).toEqual([1, expect.stringContaining("Setup was stopped")]);
    expect(fs.readFileSync(path.join(directory, ".env.ada"), "utf8")).toBe(
      "DEPLOY_REGION=eu-central-1\nR2_LOCATION=weur\n",
    );
  }, 30_000);
});

/** What `--yes` needs for the smallest stage. */
const smallest = () => ({
  CLOUDFLARE_DEFAULT_ACCOUNT_ID: "account-1",
  CLOUDFLARE_API_TOKEN: "cf-token-good",
  SST_SECRET_DatabaseUrl: databaseUrl,
});

describe("npm run setup without questions", () => {
  test("takes answers from the environment with --yes, and two pairs of keys for R2", async () => {
    const env = {
      ...smallest(),
      R2_KEYS: "secrets",
      SST_SECRET_R2AccessKeyId: r2.accessKeyId,
      SST_SECRET_R2SecretAccessKey: r2.secretAccessKey,
      SST_SECRET_R2WebAccessKeyId: r2.accessKeyId,
      SST_SECRET_R2WebSecretAccessKey: "0".repeat(64),
    };
    const wrong = await setup(["--stage", "ada", "--yes"], { env });
    expect([wrong.code, wrong.output]).toEqual([
      1,
      expect.stringMatching(/Problems to fix: 1\n- R2 does not accept the keys/),
    ]);
    expect(sst.secrets()).toEqual({});
    expect(fs.existsSync(path.join(directory, ".env.ada"))).toBe(false);

    env.SST_SECRET_R2WebSecretAccessKey = r2.secretAccessKey;
    const right = await setup(["--stage", "ada", "--yes"], { env });
    expect([right.code, right.output]).toEqual([0, expect.stringContaining("npx sst diff")]);
    expect(Object.keys(sst.secrets()).sort()).toEqual([
      "DatabaseUrl",
      "R2AccessKeyId",
      "R2SecretAccessKey",
      "R2WebAccessKeyId",
      "R2WebSecretAccessKey",
    ]);
    expectNoSecrets(right.output + sst.calls().join("\n"));
  }, 60_000);

  test.each([
    ["expired", "The token is expired: create another"],
    ["no-account", "cannot read account account-1 (403, Authentication error)"],
    ["no-r2", "lacks Account → Workers R2 Storage → Edit"],
    ["reads-r2", "lacks Account → Workers R2 Storage → Edit"],
    ["no-zone", "lacks Zone → Zone → Read"],
    ["reads-dns", "lacks Zone → DNS → Edit"],
    ["no-tokens", "lacks Account → API Tokens → Edit"],
  ])(
    "names what Cloudflare's token is missing: %s",
    async (name, sentence) => {
      const { code, output } = await setup(["--stage", "ada", "--yes"], {
        env: {
          ...smallest(),
          CLOUDFLARE_API_TOKEN: `cf-token-${name}`,
          IMAGES_DOMAIN: "images.example.com",
          SST_SECRET_CloudflarePurgeToken: "cf-token-purge",
        },
      });
      expect([code, output]).toEqual([1, expect.stringContaining(sentence)]);
      expect(output).toContain("Problems to fix: ");
    },
    30_000,
  );

  test("lists with --check everything that a stage lacks, and changes nothing", async () => {
    sst.keep({ DatabaseUrl: database.url("0.0.0.0").replace(/\?.*/, "") });
    fs.writeFileSync(
      path.join(directory, ".env.production"),
      "CLOUDFLARE_DEFAULT_ACCOUNT_ID=account-1\nCLOUDFLARE_API_TOKEN=cf-token-good\nALARM_EMAIL=oncall\n",
    );
    const { code, output } = await setup(["--stage", "production", "--check"], {});
    expect(code).toBe(1);
    const [, list = ""] = output.split("Problems to fix: ");
    expect(list.trim().split("\n")).toEqual([
      "5",
      "- IMAGES_DOMAIN is not set",
      expect.stringContaining("- The database's connection string has no sslmode"),
      "- R2AccessKeyId is not set",
      "- R2WebAccessKeyId is not set",
      '- "oncall" is not an e-mail address',
    ]);
    expect(Object.keys(sst.secrets())).toEqual(["DatabaseUrl"]);
    expect(sst.calls()).toEqual(["secret list --stage production"]);
  }, 30_000);

  test("says that AWS does not accept the credentials, and what it could not check then", async () => {
    const { code, output } = await setup(["--stage", "ada", "--check"], {
      env: { ...smallest(), AWS_SECRET_ACCESS_KEY: "another", SST_BIN_PATH: "/bin/false" },
    });
    expect([code, output]).toEqual([
      1,
      expect.stringContaining("AWS does not accept these credentials (SignatureDoesNotMatch)"),
    ]);
    expect(output).toContain(
      "DatabaseUrl: not checked, because the stage's secrets could not be read",
    );
  }, 30_000);

  test("says that there are no AWS credentials", async () => {
    const { code, output } = await setup(["--stage", "ada", "--check"], {
      env: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
    });
    expect([code, output]).toEqual([1, expect.stringContaining("There are no AWS credentials")]);
  }, 30_000);

  test("refuses a database on this machine for production", async () => {
    const { output } = await setup(["--stage", "production", "--yes"], { env: smallest() });
    expect(output).toContain("Lambda cannot reach a database on this machine");
    expectNoSecrets(output);
  }, 30_000);

  test.each([
    [[], "Name the stage"],
    [["--stage", "a b"], "Name the stage"],
    [["--stage", "ada", "--check", "--yes"], "choose one"],
  ])(
    "refuses the arguments %j",
    async (args, sentence) => {
      expect(await setup(args, {})).toMatchObject({
        code: 1,
        output: expect.stringContaining(sentence),
      });
    },
    30_000,
  );
});

describe("an env file that setup changes", () => {
  test.each([
    [
      "keeps comments, order and quotes",
      "# c\nA=1\n\nB='x y' # why\n",
      { A: "2" },
      "# c\nA=2\n\nB='x y' # why\n",
    ],
    ["keeps a value that is the same as it was written", 'A="1"\n', { A: "1" }, 'A="1"\n'],
    ["loses a setting that is removed", "A=1\nB=2\n", { A: undefined }, "B=2\n"],
    ["changes a setting that spans lines", 'A="1\n2"\nB=2\n', { A: "3" }, "A=3\nB=2\n"],
    ["changes every line of a setting", "A=1\nexport A=2\n", { A: "3" }, "A=3\nA=3\n"],
    ["ends its last line before it grows", "A=1", { B: "2" }, "A=1\nB=2\n"],
    ["quotes what SST or a shell would expand", "", { A: "a$b #c" }, "A='a$b #c'\n"],
  ])("%s", (_, text, changes, expected) => {
    expect(changeSettings(text, new Map(Object.entries(changes)))).toBe(expected);
  });
});

/** Neither a secret of this file nor a password. */
function expectNoSecrets(text: string) {
  const secrets = [
    ...Object.keys(tokens).filter((name) => name !== "cf-token-purge"),
    ...[
      "cf-token-purge",
      botToken,
      botToken.slice(5),
      ai.apiKey,
      replicate.apiKey,
      awsKeys.secret,
      "wrong-token",
    ],
    ...[databaseUrl, r2.secretAccessKey],
    ...[new URL(databaseUrl).password].filter((password) => password.length > 8),
  ];
  for (const secret of secrets) expect(text).not.toContain(secret);
}

/** Runs the command as a person does who types these lines. */
function setup(args: string[], given: { answers?: string[]; env?: Record<string, string> }) {
  const { answers = [], env = {} } = given;
  const child = spawn(process.execPath, [bin, "setup", ...args], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      NODE_EXTRA_CA_CERTS: certificate,
      SST_BIN_PATH: sst.file,
      AWS_ACCESS_KEY_ID: awsKeys.id,
      AWS_SECRET_ACCESS_KEY: awsKeys.secret,
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_ENDPOINT_URL_STS: sts.url,
      CLOUDFLARE_API: cloudflare.url,
      R2_ENDPOINT: r2.url,
      TELEGRAM_API: telegram.api,
      AI_PORTRAIT_BASE_URL: replicate.baseUrl,
      ...env,
    },
  });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(answers.map((answer) => `${answer}\n`).join(""));
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    child.on("close", (code) => resolve({ code, output }));
  });
}
