import { secrets } from "./secrets.ts";
import { aiBaseUrl, aiImageModel, aiTextModel } from "./settings.ts";

/** Who tells and paints characters: a provider that speaks OpenAI's API, or nobody but ourselves. */
export const ai = new sst.Linkable("Ai", {
  properties: {
    baseUrl: aiBaseUrl,
    textModel: aiTextModel,
    imageModel: aiImageModel,
    apiKey: secrets.aiApiKey.value,
  },
});
