import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError } from "ai";
import { parseRetryAfter } from "../../retryAfter.ts";
import { limitBytes } from "../limitBytes.ts";

/**
 * The `Ai` link: a server that speaks OpenAI's API, such as OpenAI, Together, vLLM, LocalAI or Ollama.
 * `baseUrl` ends before `/chat/completions`. An empty key is not sent; `user:password@` in the base URL
 * is then sent as basic authentication.
 */
export type AiLink = { baseUrl: string; textModel: string; imageModel: string; apiKey: string };

/** A client of the AI SDK. `parameters` are added to every request body. */
export function createProvider({ baseUrl, apiKey }: AiLink, parameters: object = {}) {
  // The error of `new URL` would repeat the URL with its password.
  if (!URL.canParse(baseUrl)) throw new Error("The base URL of the AI provider is not a URL");
  const url = new URL(baseUrl);
  const login = [url.username, url.password].map(decodeURIComponent).join(":");
  const basic = Buffer.from(login).toString("base64");
  url.username = "";
  url.password = "";
  return createOpenAICompatible({
    name: "ai",
    baseURL: url.href,
    apiKey,
    ...(apiKey === "" && login !== ":" && { headers: { Authorization: `Basic ${basic}` } }),
    transformRequestBody: (body) => ({ ...body, ...parameters }),
    fetch: boundedFetch,
  });
}

const maxResponseBytes = 40_000_000;
const maxRetryAfterSeconds = 10;

/** A response over 40 MB fails, and so does one that asks for a wait of more than 10 s: it is not retried. */
const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const retryAfter = parseRetryAfter(response.headers.get("retry-after"));
  if (!response.ok && retryAfter !== undefined && retryAfter > maxRetryAfterSeconds) {
    await response.body?.cancel();
    throw new APICallError({
      message: "busy",
      url: "",
      requestBodyValues: {},
      isRetryable: false,
      statusCode: response.status,
      responseHeaders: { "retry-after": String(retryAfter) },
    });
  }
  return new Response(response.body?.pipeThrough(limitBytes(maxResponseBytes)) ?? null, response);
};
