import {
  embeddedTelegram,
  type TelegramOptions,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { expect, onTestFinished, vi } from "vitest";

/** What the Bot API answers. The tests say what is in `result`. */
// biome-ignore lint/suspicious/noExplicitAny: its type differs by method
export type Answer = { status: number; result?: any; description?: string; parameters?: object };

/** A bot of its own Telegram for one test, which calls the Bot API without a library, and a phone that wrote to it. */
export async function rawBot(options: Partial<TelegramOptions> = {}) {
  const telegram = await embeddedTelegram({
    ...{ port: 0, botToken: "1:x", botName: "x_bot", webhookRetries: { pauseMs: 5, attempts: 3 } },
    ...options,
  });
  onTestFinished(() => telegram.stop());
  const bot = await telegram.openBot("raw_bot");
  const base = `${telegram.api}/bot${bot.token}`;
  const phone = bot.phone({ id: 9, first_name: "Ann" });

  return { telegram, bot, base, phone, call, request, arrived };

  /** Resolves once so many calls have arrived. */
  function arrived(count: number) {
    return vi.waitFor(() => expect(bot.calls.length).toBeGreaterThanOrEqual(count), 15_000);
  }

  /** Calls a method with JSON. */
  function call(method: string, parameters: object = {}, signal?: AbortSignal) {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(parameters);
    return request(method, { method: "POST", headers, body, ...(signal && { signal }) });
  }

  async function request(path: string, init?: RequestInit): Promise<Answer> {
    const response = await fetch(`${base}/${path}`, init);
    const { ok: _, error_code: __, ...rest } = (await response.json()) as Record<string, unknown>;
    return { status: response.status, ...rest };
  }
}
