import { AppError } from "@keepsake/contract/errors";

/** What the bot said, as Telegram writes it. */
export type Reply = {
  message_id: number;
  text?: string;
  reply_markup?: { inline_keyboard: Button[][] };
};
export type Button = { text: string; callback_data: string };

/** Holds one phone of the Telegram stand-in: writes to the bot, and hears what it answers. */
export function phoneClient(base: string, { id, first_name }: { id: number; first_name: string }) {
  return {
    sendText: (text: string) => ask("text", {}, text),
    sendPhoto: (photo: Blob) => ask("photo", {}, photo),
    /** Presses a button below one of the bot's messages. */
    press: (message_id: number, { callback_data }: Button) =>
      ask("press", { message_id: String(message_id) }, callback_data),
    /** The next thing that the bot says; undefined when it says nothing for a while. */
    async reply(signal: AbortSignal): Promise<Reply | undefined> {
      const response = await fetch(address("reply", { timeout_ms: "20000" }), { signal });
      return response.ok ? ((await response.json()) as { result: Reply }).result : undefined;
    },
  };

  async function ask(action: string, query: Record<string, string>, body: Blob | string) {
    const unreachable = (cause: unknown) =>
      new AppError("service.unavailable", "The phone has no signal: try again", { cause });
    const response = await fetch(address(action, query), { method: "POST", body }).catch(
      (cause) => {
        throw unreachable(cause);
      },
    );
    if (!response.ok) throw unreachable(response.status);
  }

  function address(action: string, query: Record<string, string>) {
    return `${base}/phone/${id}/${action}?${new URLSearchParams({ first_name, ...query })}`;
  }
}

/** The number of somebody's phone: the same whenever they come back with this browser. */
export function phoneIdOf(name: string): number {
  const remembered = `keepsake.phone.${name}`;
  const id = localStorage.getItem(remembered) ?? String(randomId());
  localStorage.setItem(remembered, id);
  return Number(id);
}

const randomId = () => crypto.getRandomValues(new Uint32Array(1))[0]! + 1;
