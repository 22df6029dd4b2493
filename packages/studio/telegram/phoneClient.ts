import { KeepsakeError } from "@keepsake/client";
import { phoneKey } from "../session/browserData.ts";

/** A message of the bot, in Telegram's form. */
export type BotMessage = {
  message_id: number;
  text?: string;
  reply_markup?: { inline_keyboard: InlineButton[][] };
};
export type InlineButton = { text: string; callback_data: string };

export type PhoneClient = ReturnType<typeof phoneClient>;

/** A client for one phone of the Telegram stand-in at `base`: sends to the bot and receives its messages. */
export function phoneClient(base: string, { id, first_name }: { id: number; first_name: string }) {
  return {
    sendText: (text: string) => post("text", {}, text),
    /** Photos with the same `media_group_id` are one album. */
    sendPhoto: (photo: Blob, query: { media_group_id?: string; caption?: string } = {}) =>
      post("photo", query, photo),
    /** Presses a button below one of the bot's messages. */
    press: (message_id: number, { callback_data }: InlineButton) =>
      post("press", { message_id: String(message_id) }, callback_data),
    /** The next message of the bot; undefined when none arrives within 20 seconds. */
    async receive(signal: AbortSignal): Promise<BotMessage | undefined> {
      const response = await fetch(urlOf("reply", { timeout_ms: "20000" }), { signal });
      return response.ok ? ((await response.json()) as { result?: BotMessage }).result : undefined;
    },
  };

  async function post(action: string, query: Record<string, string>, body: Blob | string) {
    const unreachable = (cause: unknown) =>
      new KeepsakeError("service.unavailable", "Could not reach the Telegram stand-in: try again", {
        cause,
      });
    const response = await fetch(urlOf(action, query), { method: "POST", body }).catch((cause) => {
      throw unreachable(cause);
    });
    if (!response.ok) throw unreachable(response.status);
  }

  function urlOf(action: string, query: Record<string, string>) {
    return `${base}/phone/${id}/${action}?${new URLSearchParams({ first_name, ...query })}`;
  }
}

/** The Telegram id of this person's phone: random, and the same on every visit with this browser. */
export function phoneIdOf(person: string): number {
  const key = phoneKey(person);
  const id = localStorage.getItem(key) ?? String(randomId());
  localStorage.setItem(key, id);
  return Number(id);
}

const randomId = () => crypto.getRandomValues(new Uint32Array(1))[0]! + 1;
