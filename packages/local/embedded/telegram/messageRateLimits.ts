import { BotApiError } from "./botApiError.ts";

/** How many messages a bot may send: `burst` at once, and then `perSecond`. */
type Rate = { burst: number; perSecond: number };
export type Rates = { chat: Rate; group: Rate; all: Rate };

/**
 * What Telegram's FAQ says: about one message a second in a chat, with short bursts, 20 a minute in a group, and 30 a
 * second in all. How long a burst may be it does not say.
 */
export const telegramRates: Rates = {
  chat: { burst: 5, perSecond: 1 },
  group: { burst: 20, perSecond: 20 / 60 },
  all: { burst: 30, perSecond: 30 },
};

export type RateLimits = ReturnType<typeof createRateLimits>;

/** Counts the messages of one bot. Without rates, there is no limit. */
export function createRateLimits(rates: Rates | undefined, now = () => performance.now() / 1_000) {
  const all = rates && createBucket(rates.all, now);
  const chats = new Map<number, Bucket>();

  /** Throws Telegram's 429 with the seconds to wait when these messages are too many; then none of them counts. */
  return function spend(chat: { id: number; type: string }, messages = 1) {
    if (!rates || !all) return;
    const own =
      chats.get(chat.id) ?? createBucket(chat.type === "private" ? rates.chat : rates.group, now);
    chats.set(chat.id, own);
    const wait = Math.max(own.wait(messages), all.wait(messages));
    if (wait > 0) throw new BotApiError({ error_code: 429, retry_after: Math.ceil(wait) });
    own.take(messages);
    all.take(messages);
  };
}

type Bucket = ReturnType<typeof createBucket>;

function createBucket({ burst, perSecond }: Rate, now: () => number) {
  let level = burst;
  let at = now();

  return {
    /** The seconds until so many are there. More than fit at once are there when it is full. */
    wait(messages: number) {
      level = Math.min(burst, level + (now() - at) * perSecond);
      at = now();
      return Math.max(0, (Math.min(messages, burst) - level) / perSecond);
    },
    take(messages: number) {
      level -= messages;
    },
  };
}
