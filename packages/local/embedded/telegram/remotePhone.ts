import type { ApiError, Message } from "@grammyjs/types";
import type { PhoneUser } from "./phones.ts";

/** A phone on an embedded Telegram in another process. Throws the error of the request that failed there. */
export function remotePhone(api: string, { id, first_name }: PhoneUser) {
  return {
    sendPhoto: (bytes: Uint8Array<ArrayBuffer>, { caption = "" } = {}) =>
      sendRequest("photo", { caption }, { method: "POST", body: bytes }),
    sendText: (text: string) => sendRequest("text", {}, { method: "POST", body: text }),
    /** The next reply after the one that was returned last. Throws after `timeoutMs`. */
    waitForReply: (timeoutMs = 5_000) => sendRequest("reply", { timeout_ms: String(timeoutMs) }),
  };

  async function sendRequest(action: string, query: Record<string, string>, init?: RequestInit) {
    const search = new URLSearchParams({ first_name, ...query });
    const response = await fetch(`${api}/phone/${id}/${action}?${search}`, init);
    const body = (await response.json()) as { ok: true; result: Message } | ApiError;
    if (!body.ok) throw new Error(body.description);
    return body.result;
  }
}
