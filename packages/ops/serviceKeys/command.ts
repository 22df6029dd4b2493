import { limits } from "@keepsake/contract/limits";
import { createServiceKey } from "@keepsake/core/serviceKeys/serviceKeys";
import { listAll, revokeKey } from "@keepsake/core/serviceKeys/serviceKeys.sql";
import { sql } from "@keepsake/functions/services/database";

const usage =
  "Usage: npm run keys -- create NAME | list | revoke ID   (add --stage NAME for a deployed stage)";

/**
 * `npm run keys`: makes, lists and revokes service keys, with which a product's backend acts for its users.
 * A key is shown once, when it is made: of its secret only the SHA-256 is stored.
 */
export async function main([name, argument, ...more]: string[]) {
  const needsArgument = name === "create" || name === "revoke";
  if (!isCommand(name) || more.length > 0 || needsArgument !== (argument !== undefined))
    throw new Error(usage);
  try {
    for (const line of await commands[name](argument ?? "")) console.log(line);
  } finally {
    await sql().end({ timeout: 2 });
  }
}

const commands = {
  async create(text: string) {
    const name = text.trim();
    if (name === "" || name.length > limits.service_key_name_chars || !/^[^\p{C}]+$/u.test(name))
      throw new Error(
        `Name the key in 1 to ${limits.service_key_name_chars} characters, after what will use it`,
      );
    const key = await createServiceKey(sql(), name);
    if (key === undefined)
      throw new Error(`There are ${limits.service_keys} live keys, the maximum: revoke one first`);
    return [key, "This key is not shown again. It is accepted within a minute."];
  },
  async list() {
    const keys = await listAll(sql());
    if (keys.length === 0) return ["There are no service keys"];
    return keys.map(
      ({ key_id, name, created_at, revoked_at }) =>
        `${key_id}  ${revoked_at ? `revoked ${revoked_at}` : `live since ${created_at}`}  ${name}`,
    );
  },
  async revoke(text: string) {
    // the id, or the whole key
    const key_id = /^ks_([0-9a-f]{16})_/.exec(text)?.[1] ?? text;
    if (!(await revokeKey(sql(), key_id)))
      throw new Error(`There is no live key ${key_id}: npm run keys -- list shows their ids`);
    return [`${key_id} is revoked: it and the page tokens made with it stop within a minute`];
  },
};

const isCommand = (name: string | undefined): name is keyof typeof commands =>
  name !== undefined && Object.hasOwn(commands, name);
