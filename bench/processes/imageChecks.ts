import { createHash } from "node:crypto";
import { decodeBase64 } from "@keepsake/core/imaging/base64";
import { hasOnlyPictureChunks, holdsOnlyPixels } from "@keepsake/core/imaging/formats/png";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { portraitLimits } from "@keepsake/core/imaging/validateHeader";
import sharp from "sharp";
import { serve, spent } from "../support/childProcess.ts";

/** What looking at one portrait takes, step by step. */
serve({
  async steps({ base64, times }: { base64: string; times: number }) {
    const { bytes } = decodeBase64(base64);
    const steps: Record<string, () => unknown> = {
      "all of it (`clean`)": () => sanitizeImage(bytes, portraitLimits, "png"),
      "of that, SHA-256 for R2 to verify": () => createHash("sha256").update(bytes).digest("hex"),
      "of that, its rows are inflated and held against the header": () => holdsOnlyPixels(bytes),
      "of that, chunks and CRCs": () => hasOnlyPictureChunks(bytes),
      "not of it, but plain's way: sharp decodes it": () =>
        sharp(bytes, { failOn: "warning" }).raw().toBuffer(),
      "besides, base64 decoded and its grammar checked": () => decodeBase64(base64),
    };
    const taken: [string, number][] = [];
    for (const [name, step] of Object.entries(steps)) {
      const { cpu } = await spent(async () => {
        for (let time = 0; time < times; time += 1) await step();
      });
      taken.push([name, cpu / times]);
    }
    return taken;
  },
});
