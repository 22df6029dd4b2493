import { KeepsakeError } from "@keepsake/client";
import type { Identity } from "./authProvider.ts";

/**
 * The tokens of one person for the typed client, which asks for another when the API refuses one. Calls `onEnd` when
 * they have to sign in again: there is no other, or it is refused too.
 */
export function watchTokens(identity: Identity, onEnd: () => void) {
  /** Made after a refusal, and not accepted yet. */
  let replacement: string | undefined;
  let isReplacing = false;
  const current = () =>
    identity.token().catch((error) => {
      if (error instanceof KeepsakeError && error.code === "token.refused") onEnd();
      throw error;
    });
  const token = Object.assign(
    async () => {
      const next = await current();
      if (isReplacing) [replacement, isReplacing] = [next, false];
      return next;
    },
    {
      discard(refused: string) {
        identity.discard(refused);
        isReplacing = true;
      },
    },
  );
  const fetchWatched: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    const sent = new Headers(request[1]?.headers).get("authorization");
    if (replacement !== undefined && sent === `Bearer ${replacement}`) {
      if (response.status === 401) onEnd();
      else replacement = undefined;
    }
    return response;
  };
  return { token, fetch: fetchWatched };
}
