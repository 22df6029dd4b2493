import { createHash, randomUUID } from "node:crypto";
import { publicBucket } from "@keepsake/adapters/cloud/r2";
import { download } from "@keepsake/adapters/platforms/download";
import { publishImage } from "@keepsake/core/images/publishImage";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import { decoder } from "@keepsake/functions/services/decoder";
import { rehost } from "../plain/rehost.ts";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";
import { getRaw, putRaw } from "../support/rawHttps.ts";

const { R2_ENDPOINT = "", R2_BUCKET = "" } = process.env;
const images = publicBucket({
  endpoint: R2_ENDPOINT,
  bucket: R2_BUCKET,
  publicUrl: "https://images.example.com",
  accessKeyId: process.env.R2_ACCESS_KEY_ID ?? "",
  secretAccessKey: process.env.R2_SECRET_ACCESS_KEY ?? "",
});

/** Ways to move one file from its platform to the bucket. */
const ways = {
  /** Everything that Keepsake does but decoding. */
  async withoutDecoding(url: string) {
    const bytes = await downloaded(url);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    await images.put(randomUUID(), { bytes, contentType: "image/png", sha256 });
  },
  async complete(url: string) {
    await publishImage(
      { bucket: images, decoder: decoder() },
      randomUUID(),
      await downloaded(url),
      imageLimits,
    );
  },
  plain: (url: string) => rehost(url, randomUUID()),
  /** The least: received, hashed once and sent. */
  async floor(url: string) {
    const bytes = await getRaw(url);
    createHash("sha256").update(bytes).digest("hex");
    await putRaw(`${R2_ENDPOINT}/${R2_BUCKET}/${randomUUID()}`, bytes);
  },
};

const downloaded = (url: string) =>
  download(new URL(url), {
    maxBytes: imageLimits.bytes,
    deadlineMs: 20_000,
    allowedOrigin: new URL(url).origin,
    what: "a file",
  });

handleCalls({
  rehost: ({ way, url, times }: { way: keyof typeof ways; url: string; times: number }) =>
    measureUsage(async () => {
      for (let file = 0; file < times; file += 1) await ways[way](url);
    }),
});
