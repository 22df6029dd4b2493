/**
 * Providers of portraits whose API is not OpenAI's. An input is what a model is sent: `{prompt}` is replaced by
 * the text of the portrait, and `{image}` by the reference as a data URI. This file imports nothing.
 */
export const portraitProviders = {
  replicate: {
    baseUrl: "https://api.replicate.com/v1",
    /** Where it serves files, with their subdomains: https://replicate.com/docs/topics/predictions/output-files */
    fileHosts: ["replicate.delivery"],
    model: "black-forest-labs/flux-schnell",
    input: { prompt: "{prompt}", aspect_ratio: "1:1", output_format: "png" },
    referenceModel: "black-forest-labs/flux-kontext-pro",
    referenceInput: {
      prompt: "{prompt}",
      input_image: "{image}",
      aspect_ratio: "1:1",
      output_format: "png",
    },
  },
  fal: {
    baseUrl: "https://queue.fal.run",
    /** https://fal.ai/docs/documentation/model-apis/fal-cdn */
    fileHosts: ["fal.media"],
    model: "fal-ai/flux/schnell",
    input: { prompt: "{prompt}", image_size: "square_hd", num_images: 1 },
    referenceModel: "fal-ai/flux-pro/kontext",
    referenceInput: {
      prompt: "{prompt}",
      image_url: "{image}",
      aspect_ratio: "1:1",
      output_format: "png",
    },
  },
} satisfies Record<string, PortraitProvider>;

type PortraitProvider = {
  baseUrl: string;
  fileHosts: string[];
  model: string;
  input: object;
  referenceModel: string;
  referenceInput: object;
};

/** What portraits are requested with. An empty `provider` means the one that generates the texts, or offline. */
export type PortraitSettings = {
  provider: string;
  baseUrl: string;
  model: string;
  /** JSON, as is `referenceInput`. */
  input: string;
  /** `off` when portraits take no reference. */
  referenceModel: string;
  referenceInput: string;
};

/** Reads the settings of portraits from environment variables. Throws a sentence when one cannot be right. */
export function portraitSettings(env: Record<string, string | undefined>): PortraitSettings {
  const provider = env.AI_PORTRAIT_PROVIDER ?? "";
  if (provider === "") return none;
  const known = Object.entries(portraitProviders).find(([name]) => name === provider)?.[1];
  if (!known)
    throw new Error(
      `AI_PORTRAIT_PROVIDER must be one of ${Object.keys(portraitProviders).join(", ")}, not "${provider}"`,
    );
  const baseUrl = (env.AI_PORTRAIT_BASE_URL || known.baseUrl).replace(/\/+$/, "");
  // the error does not repeat it: it may hold a password
  const url = URL.parse(baseUrl);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new Error(
      `AI_PORTRAIT_BASE_URL must be a URL such as ${known.baseUrl}, without a user or password`,
    );
  return {
    provider,
    baseUrl,
    model: env.AI_PORTRAIT_MODEL || known.model,
    input: inputOf("AI_PORTRAIT_INPUT", env, known.input, "{prompt}"),
    referenceModel: env.AI_REFERENCE_MODEL || known.referenceModel,
    referenceInput: inputOf("AI_REFERENCE_INPUT", env, known.referenceInput, "{image}"),
  };
}

/** Whether portraits can be made from a reference image: offline ones cannot. `aiBaseUrl` is that of the texts. */
export const takesReferences = (
  { provider, referenceModel }: PortraitSettings,
  aiBaseUrl: string,
): boolean => (provider ? referenceModel !== "off" : aiBaseUrl !== "");

const none: PortraitSettings = {
  provider: "",
  baseUrl: "",
  model: "",
  input: "",
  referenceModel: "",
  referenceInput: "",
};

function inputOf(
  name: string,
  env: Record<string, string | undefined>,
  fallback: object,
  placeholder: string,
): string {
  const json = env[name] || JSON.stringify(fallback);
  if (!isObject(json) || !json.includes(`"${placeholder}"`))
    throw new Error(`${name} must be a JSON object with "${placeholder}" as one of its values`);
  return json;
}

function isObject(json: string): boolean {
  try {
    return /^\s*\{/.test(json) && JSON.parse(json) !== null;
  } catch {
    return false;
  }
}
