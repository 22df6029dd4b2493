import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import sharp from "sharp";
import { rgbaToThumbHash } from "thumbhash";
import { cpuWithChildren, handleCalls } from "../support/forkedProcess.ts";
import { getRaw, putRaw } from "../support/rawHttps.ts";

/**
 * The least that an upload takes: a URL without a signature, and of what arrived its SHA-256, one decoding for the copy
 * and the placeholder, and raw PUTs of both objects. There is no database, no token, no check beside decoding, and no
 * process that could be ended.
 */
const [storeUrl = ""] = process.argv.slice(2);

const server = createServer(async (request, response) => {
  await text(request);
  response.end(JSON.stringify(await answer(request)));
});

async function answer({ url = "" }: IncomingMessage): Promise<object> {
  const [, arrived] = /^\/uploads\/(.+)$/.exec(url) ?? [];
  if (arrived !== undefined) return publish(arrived);
  const upload_id = randomUUID();
  const headers = { "content-type": "image/png" };
  return { upload_id, url: `${storeUrl}/incoming/${upload_id}`, headers };
}

async function publish(upload_id: string) {
  const bytes = await getRaw(`${storeUrl}/incoming/${upload_id}`);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const { data, info } = await sharp(bytes, { failOn: "warning" })
    .resize({ width: 320, kernel: "cubic" })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const reduced = sharp(data, { raw: { width, height, channels } });
  const copy = await reduced.clone().webp({ quality: 75, effort: 0 }).toBuffer();
  const small = await reduced.resize(32, 32, { fit: "inside" }).raw().toBuffer({
    resolveWithObject: true,
  });
  const hash = rgbaToThumbHash(small.info.width, small.info.height, small.data);
  await Promise.all([
    putRaw(`${storeUrl}/images/${upload_id}_w320.webp`, copy),
    putRaw(`${storeUrl}/images/${upload_id}.png`, bytes),
  ]);
  return { upload_id, sha256, width, height, thumbhash: Buffer.from(hash).toString("base64") };
}

handleCalls({
  async start() {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
  cpuWithChildren,
});
