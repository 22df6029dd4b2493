import { writeFile } from "node:fs/promises";
import { createClient } from "@keepsake/client/client";
import { home, runningLocal, startLocal } from "./start.ts";

/** `npm run demo`: walks the portrait flow as a frontend would, on the running system or on its own. */
export async function main() {
  const running = await runningLocal();
  if (!running) say("No system is running here: starting one");
  const own = running ? undefined : await startLocal({ fresh: false });
  try {
    await portraits((running ?? own!.local).api);
  } finally {
    await own?.stop();
  }
}

async function portraits(api: string) {
  say(`The API is ${api}`);
  const signedIn = await fetch(`${api}/dev/token`, {
    method: "POST",
    body: JSON.stringify({ sub: "demo" }),
  });
  const { token } = (await signedIn.json()) as { token: string };
  const client = createClient({ baseUrl: api, token });

  const { characters } = await client.generateCharacters({ theme: "fantasy", count: 3 });
  say(`Generated ${characters.map(({ name }) => name).join(", ")}`);

  const preview = `${home}/preview.png`;
  await writeFile(preview, String(characters[0]!.details.image_portrait_base64), "base64");
  say(`Saved the first portrait, as a page would preview it, to ${preview}`);
  const before = cut(characters[0]!.details);

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

function cut(details: Record<string, unknown>) {
  const base64 = String(details.image_portrait_base64);
  const shown = `${base64.slice(0, 24)}… (${base64.length} characters)`;
  return { ...details, image_portrait_base64: shown };
}

function say(line: string) {
  console.log(`• ${line}`);
}
