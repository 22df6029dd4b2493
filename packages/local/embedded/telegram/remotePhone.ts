import type { ApiError, Message } from "@grammyjs/types";
import type { PhoneUser } from "./phones.ts";

/**
 * A phone on an embedded Telegram in another process. It writes to the bot with this user name, or to the system's.
 * Throws the error of the request that failed there.
 */
export function remotePhone(api: string, { id, first_name }: PhoneUser, bot = "") {
  return {
    sendPhoto: (bytes: Uint8Array<ArrayBuffer>, options: Options = {}) =>
      sendRequest("photo", queryOf(options), { method: "POST", body: bytes }),
    sendDocument: (
      bytes: Uint8Array<ArrayBuffer>,
      options: Options & { file_name: string; mime_type: string },
    ) => sendRequest("document", queryOf(options), { method: "POST", body: bytes }),
    sendText: (text: string, options: Pick<Options, "reply_to"> = {}) =>
      sendRequest("text", queryOf(options), { method: "POST", body: text }),
    /** Presses the button with this data, below the last message of the bot that has it. */
    press: (data: string) => sendRequest("press", {}, { method: "POST", body: data }),
    /** The next reply after the one that was returned last. Throws after `timeoutMs`. */
    waitForReply: (timeoutMs = 5_000) => sendRequest("reply", { timeout_ms: String(timeoutMs) }),
  };

  async function sendRequest(action: string, query: Record<string, string>, init?: RequestInit) {
    const search = new URLSearchParams({ first_name, ...(bot && { bot }), ...query });
    const response = await fetch(`${api}/phone/${id}/${action}?${search}`, init);
    const body = (await response.json()) as { ok: true; result: Message } | ApiError;
    if (!body.ok) throw new Error(body.description);
    return body.result;
  }
}

type Options = { caption?: string; media_group_id?: string; reply_to?: number };

const queryOf = (options: Options) =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
