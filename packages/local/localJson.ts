import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { StoredR2Keys } from "./r2Keys.ts";
import { writePrivateFile } from "./writePrivateFile.ts";

/** The folder of the local system's data and addresses: `KEEPSAKE_HOME`, or `.keepsake` here. */
export const home = resolve(process.env.KEEPSAKE_HOME ?? ".keepsake");

export const localFile = `${home}/local.json`;

/** The content of `.keepsake/local.json`: the addresses and keys of the system that runs, or ran last. */
export type Local = {
  pid: number;
  /** The web page. */
  studio: string;
  api: string;
  /** The URL of `streamCharacters`. */
  stream: string;
  cdn: string;
  r2: string;
  sqs: string;
  telegram: string;
  /** The tokens of the bots that its user writes, by user name. A release before did not write them. */
  telegram_bots?: Record<string, string>;
  /** Hands out URLs of pictures that expire, and answers for their host. A release before did not write it. */
  image_hosts?: string;
  database_url: string;
  /** Acts for any user. A release before did not write it. */
  service_key: string;
  /** Signs events. A release before did not write it. */
  webhook_secret?: string;
  /** The keys of the embedded R2. A release before did not write them. */
  r2_keys?: StoredR2Keys;
};

/** The running system of this folder; undefined when its process ended or its API does not respond. */
export async function runningLocal(): Promise<Local | undefined> {
  const local = await readLocal();
  if (!local || !isAlive(local.pid)) return undefined;
  const response = await fetch(`${local.api}/health`).catch(() => undefined);
  return response?.ok ? local : undefined;
}

/** Undefined when the file is missing or is not JSON. */
export async function readLocal(): Promise<Local | undefined> {
  try {
    return JSON.parse(await readFile(localFile, "utf8"));
  } catch {
    return undefined;
  }
}

export const writeLocal = (local: Local) =>
  writePrivateFile(localFile, `${JSON.stringify(local, null, 2)}\n`);

function isAlive(pid: number) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
