import { PortraitGenerationError } from "@keepsake/core/characters/generationErrors";
import * as z from "zod";
import { namesUnsafeContent } from "../unsafeContent.ts";
import type { Progress, Provider } from "./providerProtocol.ts";

/**
 * Replicate's predictions: https://replicate.com/docs/topics/predictions. A model is `owner/name`, or
 * `owner/name:version`. `Prefer` holds the connection for up to 5 s, in which fast models finish; `Cancel-After`
 * ends the prediction, and its costs, also when this process ended before it could cancel.
 */
export const replicate: Provider = {
  name: "Replicate",
  authorization: (apiKey) => `Bearer ${apiKey}`,
  cancelMethod: "POST",

  submission(model, input, seconds) {
    const [name, version] = model.split(":");
    return {
      path: version === undefined ? `/models/${name}/predictions` : "/predictions",
      body: { input, ...(version !== undefined && { version }) },
      headers: { prefer: "wait=5", "cancel-after": `${Math.max(5, seconds)}s` },
    };
  },

  read(answer): Progress {
    const { status, output, error, urls } = prediction.parse(answer);
    if (status === "succeeded") {
      const image = Array.isArray(output) ? output[0] : output;
      if (typeof image === "string") return { image };
      throw failed("the prediction has no output");
    }
    if (status === "canceled" || status === "aborted")
      throw new PortraitGenerationError("timeout", {
        cause: new Error(`Replicate: the prediction is ${status}`),
      });
    if (status === "failed") {
      if (!namesUnsafeContent(String(error))) throw failed("the prediction failed");
      throw new PortraitGenerationError("refused", {
        cause: new Error("Replicate: the prediction failed for its content"),
      });
    }
    return { next: urls.get, afterMs: 500, cancel: urls.cancel };
  },
};

const prediction = z.object({
  status: z.enum(["starting", "processing", "succeeded", "failed", "canceled", "aborted"]),
  output: z.unknown(),
  error: z.unknown(),
  urls: z.object({ get: z.string(), cancel: z.string().optional() }),
});

const failed = (reason: string) =>
  new PortraitGenerationError("failed", { cause: new Error(`Replicate: ${reason}`) });
