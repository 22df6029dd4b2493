import {
  CharacterGenerationError,
  PortraitGenerationError,
} from "@keepsake/core/characters/generationErrors";
import { APICallError, DownloadError, RetryError } from "ai";
import { parseRetryAfter } from "../../retryAfter.ts";
import { namesUnsafeContent } from "../unsafeContent.ts";

/** `signal` is the one that the request was made with. Neither error holds the request or the provider's text. */
export function toCharacterGenerationError(
  thrown: unknown,
  signal: AbortSignal,
): CharacterGenerationError {
  const failure = parseFailure(thrown);
  const { retryAfterSeconds } = failure;
  const error = new CharacterGenerationError(reasonOf(failure, signal), { retryAfterSeconds });
  error.cause = causeOf(failure);
  return error;
}

export function toPortraitGenerationError(
  thrown: unknown,
  signal: AbortSignal,
  hadReference: boolean,
): PortraitGenerationError {
  const failure = parseFailure(thrown);
  const options = { cause: causeOf(failure) };
  const reason = reasonOf(failure, signal);
  if (reason === "timeout" || reason === "refused")
    return new PortraitGenerationError(reason, options);
  const noReferences = hadReference && rejectsReferences(failure);
  return new PortraitGenerationError(noReferences ? "no_references" : "failed", options);
}

/** Whether the server does not know this `response_format`. Statuses differ; the text always names the field. */
export function rejectsResponseFormat(thrown: unknown): boolean {
  const { status = 0, text } = parseFailure(thrown);
  const format = /response.?format|json.?(schema|object|mode)|structured|grammar/i;
  return (badRequest.has(status) || status >= 500) && format.test(text);
}

type Failure = {
  name: string | undefined;
  status: number | undefined;
  /** That the URL of an image failed, which the provider had answered with. */
  isDownload: boolean;
  /** A network error's, such as `ECONNREFUSED`. */
  code: string | undefined;
  retryAfterSeconds: number | undefined;
  /** The provider's text: searched, never shown. */
  text: string;
};

/** Picks what is safe to use: what was thrown may hold the request and the provider's text. */
function parseFailure(thrown: unknown): Failure {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  const name = error instanceof Error ? error.name : undefined;
  if (!APICallError.isInstance(error)) {
    // An error in the middle of a stream is the provider's own object.
    const { code, type, message } = Object(error) as Record<string, unknown>;
    const unknown = { status: undefined, code: undefined, retryAfterSeconds: undefined };
    return {
      ...unknown,
      isDownload: DownloadError.isInstance(error),
      name,
      text: `${code} ${type} ${message}`,
    };
  }
  const { code } = Object(error.cause) as { code?: unknown };
  return {
    name,
    status: error.statusCode,
    isDownload: error.url !== "" && !apiPath.test(error.url),
    code: /^[A-Z_]{3,40}$/.exec(String(code))?.[0],
    retryAfterSeconds: parseRetryAfter(error.responseHeaders?.["retry-after"]),
    text: error.responseBody ?? "",
  };
}

/** Of the calls that are made to a provider. */
const apiPath = /\/(chat\/completions|images\/(generations|edits))$/;

function reasonOf({ name, status, text }: Failure, signal: AbortSignal) {
  if (signal.aborted || name === "AbortError" || name === "TimeoutError") return "timeout";
  if (status === 408 || status === 504) return "timeout";
  if (status === 429) return "busy";
  if ((status === undefined || badRequest.has(status)) && namesUnsafeContent(text))
    return "refused";
  return "failed";
}

/** For the log. */
function causeOf({ name, status, code, isDownload }: Failure) {
  const detail = status === undefined ? (code ?? name) : `HTTP ${status}`;
  return (
    detail && new Error(`${isDownload ? "The URL of the image" : "The AI provider"}: ${detail}`)
  );
}

function rejectsReferences({ name, status = 0, text, isDownload }: Failure) {
  if (isDownload) return false;
  if (name === "AI_UnsupportedFunctionalityError") return true;
  if (status === 404 || status === 405 || status === 501) return true;
  const unsupportedByModel = /"param"\s*:\s*"model"|model.{0,80}support|support.{0,80}model/i;
  return badRequest.has(status) && unsupportedByModel.test(text);
}

/** The statuses of a request that was understood and rejected for its content. */
const badRequest = new Set([400, 403, 422]);
