import { setTimeout as sleep } from "node:timers/promises";
import { PortraitGenerationError } from "@keepsake/core/characters/generationErrors";
import { abortable } from "@keepsake/core/rejectOnAbort";
import { ApiFailure, callApi } from "./providerApi.ts";
import type { Pending, Progress, Provider } from "./providerProtocol.ts";

export type Api = {
  provider: Provider;
  baseUrl: string;
  providerUrl: string;
  authorization: string;
};
type Request = {
  model: string;
  input: object;
  deadlineMs: number;
  /** When the provider should drop it, as in `Date.now()`: our process may be frozen before it can cancel. */
  endsAt: number;
  signal: AbortSignal;
};

/**
 * Runs a model and resolves to the URL or data URI of its image. A request that is not finished when the signal
 * aborts, or when its progress can no longer be read, is cancelled at the provider: it costs money.
 */
export async function runModel(api: Api, request: Request): Promise<string> {
  const { signal, deadlineMs } = request;
  // Ends with the deadline and not with the signal: without its answer, nothing could be cancelled.
  const submitted = submit(api, request, AbortSignal.timeout(deadlineMs));
  let pending: Pending | undefined;
  try {
    let progress = await abortable(submitted, signal, () => new PortraitGenerationError("timeout"));
    while (!("image" in progress)) {
      const { afterMs, next = pending?.next ?? "", cancel = pending?.cancel } = progress;
      pending = { afterMs, next, cancel };
      await sleep(afterMs, undefined, { signal });
      progress = await poll(api, next, signal);
    }
    return progress.image;
  } catch (error) {
    const isOver = error instanceof PortraitGenerationError && !signal.aborted;
    if (!isOver)
      Promise.resolve(pending ?? submitted)
        .then(cancelAt(api))
        .catch(() => {});
    throw error;
  }
}

/** Sent once more when the provider took no request and asks for a short wait. */
async function submit(
  { provider, ...api }: Api,
  { model, input, endsAt }: Request,
  signal: AbortSignal,
): Promise<Progress> {
  const send = async () => {
    const seconds = Math.max(1, Math.ceil((endsAt - Date.now()) / 1_000));
    const { path, body, headers } = provider.submission(model, input, seconds);
    const call = { method: "POST" as const, body, headers, signal };
    return provider.read(await callApi(api, `${api.baseUrl}${path}`, call));
  };
  try {
    return await send();
  } catch (error) {
    const waitSeconds = secondsToWait(error);
    if (waitSeconds === undefined) throw error;
    await sleep(waitSeconds * 1_000, undefined, { signal });
    return send();
  }
}

/** Reads up to 5 times after failures that may pass: the request exists, and is paid for. */
async function poll({ provider, ...api }: Api, url: string, signal: AbortSignal) {
  for (let attempt = 1; ; attempt += 1)
    try {
      return provider.read(await callApi(api, url, { signal }));
    } catch (error) {
      if (signal.aborted || attempt === 5 || !mayPass(error)) throw error;
      await sleep((secondsToWait(error) ?? 1) * 1_000, undefined, { signal });
    }
}

const cancelAt =
  ({ provider, ...api }: Api) =>
  (progress: Progress) => {
    if ("image" in progress || !progress.cancel) return undefined;
    const method = provider.cancelMethod;
    return callApi(api, progress.cancel, { method, signal: AbortSignal.timeout(10_000) });
  };

/**
 * How long a provider that is busy asks us to wait: at most 10 s, else it is not asked again. A 503 that does not say
 * how long may be of a request that was taken.
 */
function secondsToWait(error: unknown): number | undefined {
  if (!(error instanceof ApiFailure)) return undefined;
  const { status, retryAfterSeconds = status === 429 ? 1 : Infinity } = error;
  return [429, 503].includes(status) && retryAfterSeconds <= 10 ? retryAfterSeconds : undefined;
}

/** Not of an answer that cannot be read, of a request that the provider does not know, or of one that failed. */
function mayPass(error: unknown): boolean {
  if (error instanceof ApiFailure)
    return error.status === 429 || (error.status >= 500 && !error.isNamed);
  return error instanceof TypeError; // of fetch: the connection failed
}
