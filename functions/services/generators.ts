import { aiCharacterGenerator } from "@keepsake/adapters/generators/ai/characterGenerator";
import { aiPortraitGenerator } from "@keepsake/adapters/generators/ai/portraitGenerator";
import { hostedPortraitGenerator } from "@keepsake/adapters/generators/hosted/portraitGenerator";
import { offlineCharacterGenerator } from "@keepsake/adapters/generators/offline/characterGenerator";
import { offlinePortraitGenerator } from "@keepsake/adapters/generators/offline/portraitGenerator";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

/** An AI provider when the `Ai` link names one, else the offline generator. */
export const characterGenerator = lazy(() =>
  Resource.Ai.baseUrl ? aiCharacterGenerator(Resource.Ai) : offlineCharacterGenerator(),
);
/** Replicate or fal when the `AiPortraits` link names one, else as the texts. */
export const portraitGenerator = lazy(() => {
  if (Resource.AiPortraits.provider) return hostedPortraitGenerator(Resource.AiPortraits);
  return Resource.Ai.baseUrl ? aiPortraitGenerator(Resource.Ai) : offlinePortraitGenerator();
});
