import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { computePlan } from "@keepsake/plan/computePlan";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
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

describe("settings", () => {
  test.each([
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "STUDIO_DOMAIN",
    "STUDIO_CLIENT_ID",
    "IMAGES_DOMAIN",
    "CLOUDFLARE_ZONE_ID",
    "ALARM_EMAIL",
  ])("production requires %s", async (name) => {
    await expect(settings("production", { ...exampleSettings, [name]: "" })).rejects.toThrow(
      `${name} is not set: put it in .env.production`,
    );
  });

  test("another stage requires only an issuer", async () => {
    await expect(settings("dev", {})).rejects.toThrow("JWT_ISSUER is not set");
    await settings("dev", { JWT_ISSUER: "https://issuer.example.com/" });
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

  test.each(["0", "61", "1.5", "-1", "soon"])(
    "SWEEP_MINUTES is a whole number from 1 to 60, not %s",
    async (minutes) => {
      await settings("production", { ...exampleSettings, SWEEP_MINUTES: "60" });
      await expect(
        settings("production", { ...exampleSettings, SWEEP_MINUTES: minutes }),
      ).rejects.toThrow(`SWEEP_MINUTES must be a whole number from 1 to 60, not "${minutes}"`);
    },
  );

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

  test("sst dev cannot run on production", async () => {
    await expect(settings("production", exampleSettings, true)).rejects.toThrow("another stage");
  });
});

/** Evaluates infra/settings.ts as SST would, in a process of its own. */
async function settings(stage: string, env: Record<string, string>, dev = false) {
  const file = JSON.stringify(path.join(root, "infra/settings.ts"));
  const globals = `Object.assign(globalThis, { $app: { stage: "${stage}" }, $dev: ${dev} })`;
  const program = `${globals}; await import(${file});`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { env });
}
