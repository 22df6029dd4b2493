import { secrets } from "./secrets.ts";
import { aiBaseUrl, aiImageModel, aiTextModel } from "./settings.ts";

/** The provider that generates characters, over OpenAI's API. An empty `baseUrl` means offline. */
export const ai = new sst.Linkable("Ai", {
  properties: {
    baseUrl: aiBaseUrl,
    textModel: aiTextModel,
    imageModel: aiImageModel,
    apiKey: secrets.aiApiKey.value,
  },
});
