import { secrets } from "./secrets.ts";
import { aiBaseUrl, aiImageModel, aiTextModel, aiPortraits as portraits } from "./settings.ts";

/** The provider that generates characters, over OpenAI's API. An empty `baseUrl` means offline. */
export const ai = new sst.Linkable("Ai", {
  properties: {
    baseUrl: aiBaseUrl,
    textModel: aiTextModel,
    imageModel: aiImageModel,
    apiKey: secrets.aiApiKey.value,
  },
});

/** The provider that generates portraits in its place. An empty `provider` means none. */
export const aiPortraits = new sst.Linkable("AiPortraits", {
  properties: { ...portraits, apiKey: secrets.aiPortraitApiKey.value },
});
