import { execFile } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { computePlan } from "@keepsake/plan/computePlan";
import { exampleSettings, requiredSettings } from "@keepsake/plan/exampleSettings";
import { describe, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");

test.each(["R2AccessKeyId", "R2WebAccessKeyId", "R2WebSecretAccessKey"])(
  "a deployment without the secret %s fails and names it",
  async (name) => {
    const { [`SST_SECRET_${name}`]: _, ...others }: Record<string, string> = exampleSettings;
    await expect(computePlan({ stage: "dev" }, others)).rejects.toThrow(`sst secret set ${name}`);
  },
  240_000, // as long as plans may take on a busy machine
);

test("a deployment refuses a DatabaseUrl that does not require TLS, and does not print it", async () => {
  const plan = (stage: string, query: string) => {
    const SST_SECRET_DatabaseUrl = `postgres://keepsake:the-password@db.example.com/db${query}`;
    return computePlan({ stage }, { ...exampleSettings, SST_SECRET_DatabaseUrl });
  };
  const refused = plan("production", "?sslmode=prefer").catch((error) => error.message);
  expect(await refused).toContain("DatabaseUrl: The database's connection string has no sslmode");
  expect(await refused).not.toContain("the-password");
  await expect(plan("production", "?sslmode=disable")).rejects.toThrow("turns TLS off");
  await plan("dev", "?sslmode=disable");
}, 240_000);

describe("settings", () => {
  test.each(["JWT_AUDIENCE", "STUDIO_CLIENT_ID", "IMAGES_DOMAIN", "CLOUDFLARE_ZONE_ID"])(
    "production requires %s",
    async (name) => {
      await expect(settings("production", { ...exampleSettings, [name]: "" })).rejects.toThrow(
        `${name} is not set: put it in .env.production`,
      );
    },
  );

  test("production requires nothing that only adds to it: page, bot, AI provider and alarms", async () => {
    const required: Record<string, string> = {};
    for (const name of requiredSettings) required[name] = exampleSettings[name];
    await settings("production", required);
  });

  test("another stage requires nothing, and takes an issuer", async () => {
    await settings("dev", {});
    await settings("dev", { JWT_ISSUER: "https://issuer.example.com/" });
  });

  test("REHOST_HOSTS must be host names", async () => {
    await settings("dev", { REHOST_HOSTS: "a.example.com, *.example.com" });
    await expect(settings("dev", { REHOST_HOSTS: "https://a.example.com" })).rejects.toThrow(
      'REHOST_HOSTS must be host names such as images.example.com or *.example.com, in lower case, not "https://a.example.com"',
    );
  });

  test("production without an issuer has no page, and requires no settings of either", async () => {
    const {
      JWT_ISSUER: _,
      JWT_AUDIENCE: __,
      STUDIO_DOMAIN: ___,
      STUDIO_CLIENT_ID: ____,
      ...others
    } = exampleSettings;
    await settings("production", others);
    const withPage = { ...others, STUDIO_DOMAIN: "studio.example.com" };
    await expect(settings("production", withPage)).rejects.toThrow("JWT_ISSUER is not set: Studio");
  });

  test.each(["issuer.example.com", "http://issuer.example.com", "keepsake"])(
    "JWT_ISSUER is an https URL, not %s",
    async (issuer) => {
      await expect(
        settings("production", { ...exampleSettings, JWT_ISSUER: issuer }),
      ).rejects.toThrow(`JWT_ISSUER must be an https URL, not "${issuer}"`);
    },
  );

  test("WEBHOOK_URL is an https URL, which no error repeats: it may have credentials", async () => {
    const WEBHOOK_URL = "http://app.example.com/hooks?key=a-secret";
    const error = await settings("production", { ...exampleSettings, WEBHOOK_URL }).catch(String);
    expect(error).toContain("WEBHOOK_URL must be an https URL");
    expect(error).not.toContain("a-secret");
  });

  test("a stage with a page requires the page's client id and its Cloudflare zone", async () => {
    const page = { JWT_ISSUER: exampleSettings.JWT_ISSUER, STUDIO_DOMAIN: "studio.example.com" };
    await expect(settings("dev", page)).rejects.toThrow("STUDIO_CLIENT_ID is not set");
    const withClient = { ...page, STUDIO_CLIENT_ID: "studio-client" };
    await expect(settings("dev", withClient)).rejects.toThrow("CLOUDFLARE_ZONE_ID is not set");
    await settings("dev", { ...withClient, CLOUDFLARE_ZONE_ID: "zone" });
  });

  test("production does not require other web origins, nor separate origins of the issuer", async () => {
    await settings("production", { ...exampleSettings, WEB_ORIGINS: "", OIDC_ORIGINS: "" });
  });

  test.each([
    "*",
    "app.example.com",
    "https://app.example.com/",
    "https://a.example https://b.example",
  ])("%s is rejected as an origin", async (origin) => {
    for (const name of ["WEB_ORIGINS", "OIDC_ORIGINS"])
      await expect(settings("production", { ...exampleSettings, [name]: origin })).rejects.toThrow(
        `${name} must be a list of origins such as https://app.example.com, but has "${origin}"`,
      );
  });

  test.each(["IMAGES_DOMAIN", "STUDIO_DOMAIN"])(
    "%s must be a host name, not a URL",
    async (name) => {
      const address = "https://some.example.com";
      await expect(settings("production", { ...exampleSettings, [name]: address })).rejects.toThrow(
        `${name} must be a host name such as images.example.com, not "${address}"`,
      );
    },
  );

  test("CLOUDFLARE_PLAN is one of Cloudflare's plans, and the Free one when not set", async () => {
    await settings("production", { ...exampleSettings, CLOUDFLARE_PLAN: "pro" });
    await settings("production", exampleSettings);
    await expect(
      settings("production", { ...exampleSettings, CLOUDFLARE_PLAN: "gold" }),
    ).rejects.toThrow('CLOUDFLARE_PLAN must be one of free, pro, business, enterprise, not "gold"');
  });

  test("CLOUDFLARE_RULES is managed or unmanaged", async () => {
    await expect(
      settings("production", { ...exampleSettings, CLOUDFLARE_RULES: "yes" }),
    ).rejects.toThrow('CLOUDFLARE_RULES must be one of unmanaged, managed, not "yes"');
  });

  test("DEPLOY_REGION needs R2_LOCATION, so that functions and buckets are not an ocean apart", async () => {
    const moved = { ...exampleSettings, DEPLOY_REGION: "us-east-1" };
    await expect(settings("production", moved)).rejects.toThrow("R2_LOCATION is not set");
    await settings("production", { ...moved, R2_LOCATION: "enam" });
  });

  test.each(["R2_KEYS", "R2_LOCATION", "R2_JURISDICTION", "R2_DEV_DOMAIN"])(
    "%s is one of its values",
    async (name) => {
      await expect(settings("production", { ...exampleSettings, [name]: "x" })).rejects.toThrow(
        `${name} must be one of`,
      );
    },
  );

  test("STREAM_CONCURRENCY is a whole number", async () => {
    await expect(
      settings("production", { ...exampleSettings, STREAM_CONCURRENCY: "many" }),
    ).rejects.toThrow('STREAM_CONCURRENCY must be a whole number from 0 to 1000, not "many"');
  });

  test.each(["0", "61", "1.5", "-1", "soon"])(
    "SWEEP_MINUTES is a whole number from 1 to 60, not %s",
    async (minutes) => {
      await settings("production", { ...exampleSettings, SWEEP_MINUTES: "60" });
      await expect(
        settings("production", { ...exampleSettings, SWEEP_MINUTES: minutes }),
      ).rejects.toThrow(`SWEEP_MINUTES must be a whole number from 1 to 60, not "${minutes}"`);
    },
  );

  test.each(["5 GB", "-1", "1.5"])("OWNER_BYTES is a number of bytes, not %s", async (bytes) => {
    await expect(
      settings("production", { ...exampleSettings, OWNER_BYTES: bytes }),
    ).rejects.toThrow("OWNER_BYTES must be a number of bytes");
  });

  test("production takes no setting from .env, which is read for every stage, except credentials", async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-env-"));
    const write = (file: string, text: string) =>
      fs.writeFileSync(path.join(directory, file), text);
    try {
      write(
        ".env",
        "IMAGES_DOMAIN=images.example.com\nCLOUDFLARE_DEFAULT_ACCOUNT_ID=a\nPORT=3000\n",
      );
      const env = { ...exampleSettings, CLOUDFLARE_DEFAULT_ACCOUNT_ID: "a", PORT: "3000" };
      await expect(settings("production", env, { directory })).rejects.toThrow(
        /IMAGES_DOMAIN: set in \.env, which applies to every stage\. Put production's/,
      );
      await settings("dev", env, { directory });
      await settings("production", { ...env, IMAGES_DOMAIN: "i.example.com" }, { directory });
      write(".env.production", "IMAGES_DOMAIN=images.example.com\n");
      await settings("production", env, { directory });
      write(".env.production", "");
      for (const name of Object.keys(exampleSettings).filter((name) => !isShared(name))) {
        write(".env", `${name}=shared`);
        await expect(
          settings("production", { ...exampleSettings, [name]: "shared" }, { directory }),
        ).rejects.toThrow(/set in \.env/);
      }
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  }, 60_000);

  test.each([
    ["API_REQUESTS_PER_SECOND", "0", "1 to 10000"],
    ["API_REQUESTS_PER_SECOND", "many", "1 to 10000"],
    ["QUEUE_CONCURRENCY", "1", "2 to 1000"],
    ["QUEUE_CONCURRENCY", "2.5", "2 to 1000"],
  ])("%s cannot be %s", async (name, value, range) => {
    await settings("production", { ...exampleSettings, [name]: "100" });
    await expect(settings("production", { ...exampleSettings, [name]: value })).rejects.toThrow(
      `${name} must be a whole number from ${range}, not "${value}"`,
    );
  });

  test.each(["0", "-5", "much"])(
    "BUDGET_USD is a number of US dollars above 0, not %s",
    async (dollars) => {
      await settings("production", { ...exampleSettings, BUDGET_USD: "12.5" });
      await settings("production", { ...exampleSettings, BUDGET_USD: "" });
      await expect(
        settings("production", { ...exampleSettings, BUDGET_USD: dollars }),
      ).rejects.toThrow(`BUDGET_USD must be a number of US dollars above 0, not "${dollars}"`);
    },
  );

  test("BUDGET_USD requires ALARM_EMAIL", async () => {
    await expect(settings("dev", { BUDGET_USD: "10" })).rejects.toThrow("ALARM_EMAIL is not set");
  });

  test("DASHBOARD is on or off", async () => {
    await settings("dev", { DASHBOARD: "on" });
    await expect(settings("dev", { DASHBOARD: "yes" })).rejects.toThrow(
      'DASHBOARD must be one of off, on, not "yes"',
    );
  });

  test("sst dev cannot run on production", async () => {
    await expect(settings("production", exampleSettings, { dev: true })).rejects.toThrow(
      "another stage",
    );
  });
});

/** A secret, or a credential that stages may share. */
const isShared = (name: string) => /^(SST_SECRET_|CLOUDFLARE_DEFAULT_ACCOUNT_ID)/.test(name);

/** Evaluates infra/settings.ts as SST would, in a process of its own. */
async function settings(
  stage: string,
  env: Record<string, string>,
  { dev = false, directory = "/there/is/no/such/folder" } = {},
) {
  const file = JSON.stringify(path.join(root, "infra/settings.ts"));
  const $cli = JSON.stringify({ paths: { root: directory } });
  const globals = `Object.assign(globalThis, { $app: { stage: "${stage}" }, $dev: ${dev}, $cli: ${$cli} })`;
  const program = `${globals}; await import(${file});`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { env });
}
