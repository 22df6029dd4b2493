import * as fs from "node:fs";
import path from "node:path";
import { parseEnv } from "node:util";

/**
 * SST reads `.env` for every stage, so a developer's settings would become production's, and image URLs are
 * permanent. Throws when production has a setting from there alone. Credentials may be shared.
 */
export function refuseSharedSettings(directory: string) {
  const shared = readEnv(path.join(directory, ".env"));
  const own = readEnv(path.join(directory, ".env.production"));
  const names = Object.keys(shared).filter(
    (name) => ofAStage.test(name) && !(name in own) && process.env[name] === shared[name],
  );
  if (names.length > 0)
    throw new Error(
      `${names.join(", ")}: set in .env, which applies to every stage. Put production's value into .env.production; an empty value turns a setting off`,
    );
}

/** The settings of infra/settings.ts and sst.config.ts; CLOUDFLARE_API_TOKEN and the account are not. */
const ofAStage =
  /^(AI|ALARM|API|BUDGET|DEPLOY|IMAGES|JWT|OIDC|OWNER|QUEUE|R2|STREAM|STUDIO|SWEEP|TELEGRAM|WEB|WEBHOOK)_|^CLOUDFLARE_(ZONE_ID|PLAN|RULES)$|^DASHBOARD$/;

function readEnv(file: string): NodeJS.Dict<string> {
  return fs.existsSync(file) ? parseEnv(fs.readFileSync(file, "utf8")) : {};
}
