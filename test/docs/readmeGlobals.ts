/**
 * Defines, for the TypeScript blocks of the README, the names that a reader's program has: loaded before a block
 * with `node --import`, in a folder with a running system.
 */
import { readFileSync } from "node:fs";
import { createClient } from "@keepsake/client";

const local = JSON.parse(readFileSync(".keepsake/local.json", "utf8"));
const { api, stream, service_key: serviceKey, image_hosts } = local;
const user = { id: "alice", name: "Alice" };
const backend = createClient({ baseUrl: api, serviceKey, owner: user.id });
const pageToken = await backend.createToken({ owner: user.id });
const { token } = pageToken;
const tokenUrl = `data:application/json,${encodeURIComponent(JSON.stringify(pageToken))}`;
const { characters } = await backend.generateCharacters({ theme: "norse", count: 2 });
const [file, other] = characters.map(({ details }) => {
  const bytes = Buffer.from(String(details.image_portrait_base64), "base64");
  return new File([bytes], "cat.png", { type: "image/png" });
});

Object.assign(globalThis, {
  ...{ api, stream, serviceKey, token, tokenUrl, user, file },
  image: await backend.upload(other!),
  imageUrl: (await (await fetch(`${image_hosts}/fresh`)).text()).trim(),
  signal: AbortSignal.timeout(30_000),
  onProgress: ({ loaded, total }: { loaded: number; total: number }) =>
    console.log(`sent ${loaded} of ${total}`),
  show: ({ type }: { type: string }) => console.log(`shown ${type}`),
});
