import { createHash } from "node:crypto";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits, portraitLimits } from "@keepsake/core/imaging/validateHeader";
import { decoder } from "@keepsake/functions/services/decoder";
import sharp from "sharp";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";

type Kind = "photo" | "portrait";

/**
 * Compares a picture with the SHA-256 that it was sent with, checks it, and makes what is published of it:
 * itself without metadata, two smaller copies, a placeholder.
 */
const ways: Record<string, (bytes: Buffer, kind: Kind) => Promise<unknown>> = {
  keepsake(bytes, kind) {
    const sha256 = hash(bytes);
    return kind === "photo"
      ? sanitizeImage(decoder(), bytes, imageLimits, { sha256 })
      : sanitizeImage(decoder(), bytes, portraitLimits, { as: "png" });
  },

  async plain(bytes, kind) {
    hash(bytes);
    const open = () => sharp(bytes, { failOn: "warning" }).autoOrient();
    const main = kind === "photo" ? open().jpeg({ quality: 95 }) : open().png();
    const published = await main.toBuffer();
    for (const width of [320, 960])
      await open().resize({ width, withoutEnlargement: true }).webp({ quality: 75 }).toBuffer();
    await open().resize(32, 32, { fit: "inside" }).ensureAlpha().raw().toBuffer();
    return hash(published);
  },
};

const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

handleCalls({
  async pictures({
    way,
    base64,
    kind,
    times,
  }: {
    way: string;
    base64: string;
    kind: Kind;
    times: number;
  }) {
    const bytes = Buffer.from(base64, "base64");
    return measureUsage(async () => {
      for (let time = 0; time < times; time += 1) await ways[way]!(bytes, kind);
    });
  },
});
