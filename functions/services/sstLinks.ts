import { createDecipheriv } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Resource as Links } from "sst";

/**
 * The links of this process by name, with the properties that infra gives them. They are SST's `Resource`, read
 * here because the package `sst` brings a CLI of 75 MB, which `npm start` does not need. Reading a link that does
 * not exist throws; `in` asks whether it does.
 */
export const Resource = new Proxy({} as Links, {
  get(_, name) {
    if (Reflect.has(links(), name)) return Reflect.get(links(), name);
    if (typeof name === "symbol") return undefined;
    throw new Error(`The link ${name} does not exist here: infra links it to this function`);
  },
  has: (_, name) => Reflect.has(links(), name),
});

let loaded: Record<string, unknown> | undefined;

/** Of the environment, in which the local system and `sst shell` put them, and of the file that a Lambda has. */
function links() {
  if (loaded) return loaded;
  const { SST_RESOURCES_JSON, SST_KEY, SST_KEY_FILE } = process.env;
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(process.env))
    if (name.startsWith(prefix) && value) found[name.slice(prefix.length)] = JSON.parse(value);
  if (SST_RESOURCES_JSON) Object.assign(found, JSON.parse(SST_RESOURCES_JSON));
  if (SST_KEY && SST_KEY_FILE) Object.assign(found, decrypt(readFileSync(SST_KEY_FILE), SST_KEY));
  loaded = found; // only now: the next call after a failure fails with the same cause
  return loaded;
}

const prefix = "SST_RESOURCE_";

/** AES-256-GCM as SST encrypts them: the nonce is 12 zero bytes, and the last 16 bytes of the file are the tag. */
function decrypt(file: Buffer, key: string): object {
  const decipher = createDecipheriv("aes-256-gcm", Buffer.from(key, "base64"), Buffer.alloc(12));
  decipher.setAuthTag(file.subarray(-16));
  const json = Buffer.concat([decipher.update(file.subarray(0, -16)), decipher.final()]);
  return JSON.parse(json.toString());
}
