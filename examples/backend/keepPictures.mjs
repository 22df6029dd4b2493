import { createClient } from "@keepsake/client";

/**
 * A backend that keeps what an image generator made, for one of its users:
 *
 *   KEEPSAKE_API_URL=… KEEPSAKE_SERVICE_KEY=ks_… GENERATOR_URL=… npm start
 *
 * GENERATOR_URL answers with the URL of a new picture, which expires soon; here it takes the place of your call of
 * Replicate, fal or OpenAI.
 */
const { KEEPSAKE_API_URL: baseUrl = "", KEEPSAKE_SERVICE_KEY: serviceKey = "" } = process.env;
const { GENERATOR_URL = "" } = process.env;
const owner = "alice"; // your own id of the user whose pictures these are
const keepsake = createClient({ baseUrl, serviceKey, owner });

// a picture that a generator hands out as a URL
const url = (await (await fetch(GENERATOR_URL)).text()).trim();
const kept = await keepsake.rehostImage({ source: { platform: "url", url }, wait: true });
console.log(`Kept the URL as ${kept.image.url}`);

// a picture that you have as bytes, or that a generator answered as base64 (b64_json)
const bytes = Buffer.from(await (await fetch(kept.image.url ?? "")).arrayBuffer());
const image_base64 = bytes.toString("base64");
const created = await keepsake.createImage({ image_base64, filename: "portrait.png" });
console.log(`Kept the bytes as ${created.image.url}`);
