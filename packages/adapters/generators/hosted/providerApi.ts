import { parseRetryAfter } from "../../retryAfter.ts";
import { limitBytes } from "../limitBytes.ts";

type Api = {
  baseUrl: string;
  /** What the URLs in the provider's answers begin with, also behind a proxy. */
  providerUrl: string;
  authorization: string;
};
type Call = {
  method?: "GET" | "POST" | "PUT";
  body?: object;
  headers?: Record<string, string>;
  signal: AbortSignal;
};

/**
 * Sends a request to a provider's API and resolves to the JSON of its response, at most 40 MB. Follows no
 * redirect. A URL of the provider's own is called at `baseUrl`, which may be a proxy that leaves answers as they
 * are. One of any other origin is not called: the key would go there. Throws `ApiFailure` for every response that
 * is not JSON with a status of success.
 */
export async function callApi(
  { baseUrl, providerUrl, authorization }: Api,
  namedUrl: string,
  { method = "GET", body, headers, signal }: Call,
): Promise<unknown> {
  const isProviders = namedUrl.startsWith(`${providerUrl}/`);
  const url = isProviders ? baseUrl + namedUrl.slice(providerUrl.length) : namedUrl;
  if (URL.parse(url)?.origin !== new URL(baseUrl).origin)
    throw new ApiFailure({ detail: "its answer names a URL of another host" });
  const response = await fetch(url, {
    method,
    headers: { authorization, "content-type": "application/json", ...headers },
    ...(body && { body: JSON.stringify(body) }),
    redirect: "manual",
    signal,
  });
  const text = await new Response(response.body?.pipeThrough(limitBytes(40_000_000))).text();
  if (!response.ok) throw httpFailure(response, text);
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiFailure({ detail: "its answer is not JSON" });
  }
}

type Failure = {
  /** For the log: never the provider's own sentences, which may repeat the key or the prompt. */
  detail: string;
  status?: number;
  /** Whether the provider names the error: then it is the outcome of the request, as of a model that failed. */
  isNamed?: boolean;
  retryAfterSeconds?: number | undefined;
  text?: string;
};

/** A response that is no success. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly isNamed: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** The provider's text: searched, never shown. */
  readonly text: string;

  constructor({ detail, status = 0, isNamed = false, retryAfterSeconds, text = "" }: Failure) {
    super(detail);
    this.status = status;
    this.isNamed = isNamed;
    this.retryAfterSeconds = retryAfterSeconds;
    this.text = text;
  }
}

/** With fal's name of the error, one word, when there is one. */
function httpFailure({ status, headers }: Response, text: string): ApiFailure {
  const type = headers.get("x-fal-error-type") ?? /"(?:error_)?type"\s*:\s*"(\w+)"/.exec(text)?.[1];
  const word = /^[a-z]+(_[a-z]+){0,5}$/.exec(type ?? "")?.[0];
  // Replicate says it only in its text: https://replicate.com/docs/topics/predictions/rate-limits
  const inText = /resets in ~?(\d+)\s?s/.exec(text)?.[1];
  return new ApiFailure({
    detail: `HTTP ${status}${word ? ` ${word}` : ""}`,
    status,
    isNamed: word !== undefined,
    retryAfterSeconds: parseRetryAfter(headers.get("retry-after") ?? inText),
    text,
  });
}
