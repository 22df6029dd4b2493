import { PortraitGenerationError } from "@keepsake/core/characters/generationErrors";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import { namesUnsafeContent } from "../unsafeContent.ts";
import { ApiFailure } from "./providerApi.ts";

/** Neither the error nor its cause holds the key, the prompt, a URL or the provider's text. */
export function toPortraitError(
  thrown: unknown,
  { name, signal, hadReference }: { name: string; signal: AbortSignal; hadReference: boolean },
): PortraitGenerationError {
  if (thrown instanceof PortraitGenerationError) return thrown;
  const cause = new Error(`${name}: ${detailOf(thrown)}`);
  if (signal.aborted) return new PortraitGenerationError("timeout", { cause });
  if (!(thrown instanceof ApiFailure)) return new PortraitGenerationError("failed", { cause });

  const { status, text } = thrown;
  if (status === 408 || status === 504) return new PortraitGenerationError("timeout", { cause });
  if (rejections.includes(status) && namesUnsafeContent(text))
    return new PortraitGenerationError("refused", { cause });
  // the model for references does not exist, or has no such input
  const noReferences = hadReference && [404, 422].includes(status);
  return new PortraitGenerationError(noReferences ? "no_references" : "failed", { cause });
}

/** The statuses of a request that was understood and rejected for its content. */
const rejections = [400, 403, 422];

function detailOf(thrown: unknown): string {
  if (thrown instanceof ApiFailure) return thrown.message;
  if (thrown instanceof PermanentError || thrown instanceof RetryableError) return thrown.message;
  const { name, cause } = Object(thrown) as { name?: string; cause?: { code?: unknown } };
  return /^[A-Z_]{3,40}$/.exec(String(cause?.code))?.[0] ?? name ?? "unknown error";
}
