import { PortraitGenerationError } from "@keepsake/core/characters/generationErrors";
import * as z from "zod";
import type { Progress, Provider } from "./providerProtocol.ts";

/**
 * fal's queue: https://fal.ai/docs/documentation/model-apis/inference/queue. A request that waits there can be
 * cancelled, and fal repeats it when a runner fails. `X-Fal-Request-Timeout` ends it when no runner has begun in
 * time. The API at https://fal.run, which answers with the image at once, is understood too.
 */
export const fal: Provider = {
  name: "fal",
  authorization: (apiKey) => `Key ${apiKey}`,
  cancelMethod: "PUT",

  submission: (model, input, seconds) => ({
    path: `/${model}`,
    body: input,
    headers: { "x-fal-request-timeout": String(seconds) },
  }),

  read(answer): Progress {
    const said = answers.parse(answer);
    if ("status" in said) {
      const { status, status_url, response_url, cancel_url } = said;
      const isOver = status === "COMPLETED";
      return {
        next: isOver ? response_url : status_url,
        afterMs: isOver ? 0 : 500,
        cancel: isOver ? "" : cancel_url,
      };
    }
    // a picture that fal's safety checker rejects is delivered black
    const flags = said.has_nsfw_concepts ?? said.nsfw_content_detected ?? [];
    if (flags[0])
      throw new PortraitGenerationError("refused", {
        cause: new Error("fal: its safety checker rejected the picture"),
      });
    const image = said.images?.[0] ?? said.image;
    if (image) return { image: image.url };
    throw new PortraitGenerationError("failed", { cause: new Error("fal: there is no image") });
  },
};

const file = z.object({ url: z.string() });
const nsfw = z.array(z.boolean()).nullish();

const answers = z.union([
  z.object({
    status: z.enum(["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]),
    status_url: z.string().optional(),
    response_url: z.string(),
    cancel_url: z.string().optional(),
  }),
  z.object({
    images: z.array(file).nullish(),
    image: file.nullish(),
    has_nsfw_concepts: nsfw,
    nsfw_content_detected: nsfw,
  }),
]);
