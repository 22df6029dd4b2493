import { createHash } from "node:crypto";
import { decodeBase64 } from "@keepsake/core/imaging/base64";
import { holdsOnlyPixels } from "@keepsake/core/imaging/formats/checkPngPixels";
import { pngChunks } from "@keepsake/core/imaging/formats/pngChunks";
import { sanitizePortrait } from "@keepsake/core/imaging/sanitizeImage";
import { portraitLimits } from "@keepsake/core/imaging/validateHeader";
import { decoder } from "@keepsake/functions/services/decoder";
import sharp from "sharp";
import { smallerCopy } from "../plain/smallerCopy.ts";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";

handleCalls({
  /** What the smaller copy of a portrait takes, made so many times, one after another. */
  async copies({ base64, times }: { base64: string; times: number }) {
    const { bytes } = decodeBase64(base64);
    const { cpu } = await measureUsage(async () => {
      for (let time = 0; time < times; time += 1) await smallerCopy(bytes, 320);
    });
    return { cpu: cpu / times };
  },

  /** What checking one portrait takes, step by step. */
  async steps({ base64, times }: { base64: string; times: number }) {
    const { bytes } = decodeBase64(base64);
    const steps: Record<string, () => unknown> = {
      "everything (`sanitizePortrait`)": () => sanitizePortrait(decoder(), bytes, portraitLimits),
      "of that, SHA-256 for R2 to verify": () => createHash("sha256").update(bytes).digest("hex"),
      "of that, inflating its rows and comparing them with the header": () =>
        holdsOnlyPixels(bytes),
      "of that, finding its chunks": () => pngChunks(bytes),
      "for comparison, plain's check: decoding with sharp": () =>
        sharp(bytes, { failOn: "warning" }).raw().toBuffer(),
      "for comparison, the smaller copy alone: decoded, resized and encoded by sharp": () =>
        smallerCopy(bytes, 320),
      "in addition, decoding base64 and checking its syntax": () => decodeBase64(base64),
    };
    const results: [string, number][] = [];
    for (const [name, step] of Object.entries(steps)) {
      const { cpu } = await measureUsage(async () => {
        for (let time = 0; time < times; time += 1) await step();
      });
      results.push([name, cpu / times]);
    }
    return results;
  },
});
