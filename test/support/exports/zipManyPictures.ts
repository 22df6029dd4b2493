/**
 * Zips 300 pictures of 5 MB, each of which is a buffer of its own, and prints the size of the zip and how much
 * more memory than before this process had at most, in bytes. A process of its own, which nothing else uses.
 */
import { setTimeout } from "node:timers/promises";
import { zipChunks } from "@keepsake/core/exports/zipChunks";
import { storedImage } from "./exportPlans.ts";

const pictureBytes = 5_000_000;
const entries = Array.from({ length: 300 }, (_, at) => ({
  name: `${at}.png`,
  picture: { ...storedImage(`image ${at}`), bytes: pictureBytes },
}));

async function readPicture() {
  await setTimeout(1); // as long as a response: other reads begin meanwhile
  return Buffer.alloc(pictureBytes, "picture");
}

const before = process.memoryUsage.rss();
let bytes = 0;
for await (const chunk of zipChunks(entries, readPicture)) bytes += chunk.length;
const peak = process.resourceUsage().maxRSS * 1_024;
process.stdout.write(JSON.stringify({ bytes, grownBytes: peak - before }));
