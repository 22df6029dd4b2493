import { readFile, writeFile } from "node:fs/promises";
import { type Client, createClient } from "@keepsake/client";
import { home, runningLocal } from "../localJson.ts";
import { startSystem } from "../startSystem.ts";
import { sendPhoto } from "./telegram.ts";

const preview = `${home}/preview.png`;

/** `npm run demo`: runs every flow as a frontend would, on the running system or on one that it starts. */
export async function main() {
  const running = await runningLocal();
  if (!running) say("No system is running in this folder: starting one");
  const own = running ? undefined : await startSystem({ fresh: false });
  try {
    const { api, telegram, service_key: serviceKey } = running ?? own!.local;
    say(`The API is ${api}`);
    const client = createClient({ baseUrl: api, serviceKey, owner: "demo" });
    await portraits(client);
    await webUpload(client);
    await telegramPhoto(telegram);
  } finally {
    await own?.stop();
  }
}

async function portraits(client: Client) {
  const { characters } = await client.generateCharacters({ theme: "fantasy", count: 3 });
  say(`Generated ${characters.map(({ name }) => name).join(", ")}`);

  const base64 = String(characters[0]!.details.image_portrait_base64);
  await writeFile(preview, base64, { encoding: "base64", mode: 0o600 });
  say(`Saved the first portrait, which a page would show as a preview, to ${preview}`);
  const before = shortened(characters[0]!.details);

  const { world } = await client.createWorld({
    theme: "fantasy",
    title: "The demo",
    pieces: characters,
  });
  say(`Created world ${world.world_id}; its portraits are ${world.pieces[0]!.portrait_status}`);

  const started = performance.now();
  const { pieces } = await client.waitForPortraits(world.world_id);
  say(`All portraits are on the CDN after ${Math.round(performance.now() - started)} ms`);

  for (const { name, details, portrait_status, portrait_error } of pieces) {
    if (portrait_status !== "published") throw new Error(`${name}: ${portrait_error}`);
    const image = await fetch(String(details.image_portrait));
    const bytes = (await image.arrayBuffer()).byteLength;
    say(`${name}: ${image.status} ${image.headers.get("content-type")}, ${bytes} bytes`);
    console.log(`  ${details.image_portrait}`);
  }
  console.log("\ndetails before:", before, "\ndetails after: ", pieces[0]!.details);
}

/** Uploads the saved preview, as a user would upload a picture of their own. */
async function webUpload(client: Client) {
  const bytes = await readFile(preview);
  const file = new File([bytes], "preview.png", { type: "image/png" });
  const image = await client.upload(file, {
    onProgress: ({ loaded, total }) => say(`Uploaded ${loaded} of ${total} bytes straight to R2`),
  });
  const { status } = await fetch(image.url!);
  say(`The upload is an image of ${image.width} × ${image.height} px: ${status}`);
  console.log(`  ${image.url}`);
}

/** Sends the same picture as from a phone, and fetches the URL that the bot replies with. */
async function telegramPhoto(telegram: string) {
  say("Sending the picture to the Telegram bot");
  const bytes = await readFile(preview);
  const url = await sendPhoto(telegram, bytes);
  const image = await fetch(url);
  const isSame = bytes.equals(Buffer.from(await image.arrayBuffer()));
  say(
    `The bot replied with a permanent URL: ${image.status}, ${isSame ? "the same bytes" : "re-encoded"}`,
  );
  console.log(`  ${url}`);
}

function shortened(details: Record<string, unknown>) {
  const base64 = String(details.image_portrait_base64);
  const shown = `${base64.slice(0, 24)}… (${base64.length} characters)`;
  return { ...details, image_portrait_base64: shown };
}

function say(line: string) {
  console.log(`• ${line}`);
}
