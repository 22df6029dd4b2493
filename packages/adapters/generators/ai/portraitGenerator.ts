import { PortraitGenerationError } from "@keepsake/core/characters/generationErrors";
import { sniff } from "@keepsake/core/imaging/formats/sniff";
import type { PortraitGenerator } from "@keepsake/core/ports";
import { generateImage, wrapImageModel } from "ai";
import { portraitPrompt } from "../portraitPrompt.ts";
import { toPortraitGenerationError } from "./generationErrors.ts";
import { type AiLink, createProvider } from "./openAiCompatibleClient.ts";

/**
 * A portrait generator on an image model: 1024 × 1024 pixels in the format that the model returns, within
 * `deadlineMs`. A reference goes to `/images/edits`, which not every server has. The same request does
 * not generate the same image twice. Throws `PortraitGenerationError`.
 */
export function aiPortraitGenerator(
  link: AiLink,
  { deadlineMs = 120_000 } = {},
): PortraitGenerator {
  const model = decodeBase64(createProvider(link).imageModel(link.imageModel));

  return {
    async generate(character, request) {
      const { reference, signal: callerSignal } = request;
      const deadline = AbortSignal.timeout(deadlineMs);
      const signal = callerSignal ? AbortSignal.any([callerSignal, deadline]) : deadline;
      const text = portraitPrompt(character, request);
      try {
        const { image } = await generateImage({
          model,
          prompt: reference ? { images: [reference], text } : text,
          size: "1024x1024",
          maxRetries: 1,
          abortSignal: signal,
        });
        const { buffer, byteOffset, byteLength } = image.uint8Array;
        const bytes = Buffer.from(buffer, byteOffset, byteLength);
        if (sniff(bytes)) return bytes;
      } catch (error) {
        throw toPortraitGenerationError(error, signal, reference !== undefined);
      }
      throw new PortraitGenerationError("failed", {
        cause: new Error("The response is not an image"),
      });
    },
  };
}

/** The SDK decodes base64 character by character: hundreds of ms for 3 MB, which takes Node's Buffer 3 ms. */
function decodeBase64(model: ReturnType<ReturnType<typeof createProvider>["imageModel"]>) {
  return wrapImageModel({
    model,
    middleware: {
      async wrapGenerate({ doGenerate }) {
        const result = await doGenerate();
        const images = result.images.map((image) =>
          typeof image === "string" ? Buffer.from(image, "base64") : image,
        );
        return { ...result, images };
      },
    },
  });
}
