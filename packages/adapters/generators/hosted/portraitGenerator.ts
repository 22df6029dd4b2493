import { type PortraitSettings, portraitProviders } from "@keepsake/contract/portraitProviders";
import { PortraitGenerationError } from "@keepsake/core/characters/generationErrors";
import { sniff } from "@keepsake/core/imaging/formats/sniff";
import type { PortraitGenerator } from "@keepsake/core/ports";
import { abortable } from "@keepsake/core/rejectOnAbort";
import { portraitPrompt } from "../portraitPrompt.ts";
import { fal } from "./fal.ts";
import { outputFile } from "./outputFile.ts";
import type { Provider } from "./providerProtocol.ts";
import { replicate } from "./replicate.ts";
import { runModel } from "./runModel.ts";
import { toPortraitError } from "./toPortraitError.ts";

/** The `AiPortraits` link. */
export type PortraitLink = PortraitSettings & { apiKey: string };

const providers: Record<keyof typeof portraitProviders, Provider> = { replicate, fal };

/**
 * A portrait generator on a model that Replicate or fal hosts: an image in the size and format of the model's
 * input, within `deadlineMs`. A reference goes to a model of its own. The AI SDK's packages for both are not used:
 * they cancel nothing, download from any public host and return the black picture of a safety checker. Throws
 * `PortraitGenerationError`.
 */
export function hostedPortraitGenerator(
  link: PortraitLink,
  { deadlineMs = 120_000 } = {},
): PortraitGenerator {
  const { baseUrl } = link;
  const name = link.provider as keyof typeof providers;
  const provider = providers[name];
  const { baseUrl: providerUrl, fileHosts: hosts } = portraitProviders[name];
  const authorization = provider.authorization(link.apiKey);
  const api = { provider, baseUrl, providerUrl, authorization };
  const file = { what: "The picture", hosts, apiOrigin: new URL(baseUrl).origin };

  return {
    async generate(character, request) {
      const { reference, signal: callerSignal, endsAt: callerEndsAt = Infinity } = request;
      const endsAt = Math.min(Date.now() + deadlineMs, callerEndsAt);
      const deadline = AbortSignal.timeout(deadlineMs);
      const signal = callerSignal ? AbortSignal.any([callerSignal, deadline]) : deadline;
      if (reference && link.referenceModel === "off")
        throw new PortraitGenerationError("no_references");
      const model = reference ? link.referenceModel : link.model;
      const input = modelInput(reference ? link.referenceInput : link.input, {
        "{prompt}": portraitPrompt(character, request),
        "{image}": reference ? dataUri(reference) : "",
      });
      try {
        const image = await runModel(api, { model, input, deadlineMs, endsAt, signal });
        const tooLate = () => new PortraitGenerationError("timeout");
        const bytes = await abortable(outputFile(image, { ...file, deadlineMs }), signal, tooLate);
        if (sniff(bytes)) return bytes;
      } catch (error) {
        const hadReference = reference !== undefined;
        throw toPortraitError(error, { name: provider.name, signal, hadReference });
      }
      throw new PortraitGenerationError("failed", {
        cause: new Error(`${provider.name}: the picture is not an image`),
      });
    },
  };
}

/** The input as it is configured, with its placeholders replaced wherever they are a value. */
function modelInput(json: string, values: Record<string, string>): object {
  return JSON.parse(json, (_, value) =>
    typeof value === "string" && Object.hasOwn(values, value) ? values[value] : value,
  );
}

function dataUri(bytes: Uint8Array): string {
  const { buffer, byteOffset, byteLength } = bytes;
  const image = Buffer.from(buffer, byteOffset, byteLength);
  return `data:image/${sniff(image)?.format ?? "png"};base64,${image.toString("base64")}`;
}
