import { EventEmitter } from "node:events";
import type { Update } from "@grammyjs/types";
import { messageOf } from "./chats.ts";
import { listOf, textOf } from "./requestParameters.ts";

export type UpdateQueue = ReturnType<typeof createUpdateQueue>;
type UpdateType = Exclude<keyof Update, "update_id">;

/** The updates that a bot did not get or did not confirm yet, oldest first. Telegram keeps them for a day; this, for ever. */
export function createUpdateQueue() {
  let pending: Update[] = [];
  let allowed: UpdateType[] = [];
  const events = new EventEmitter();

  return {
    /** Emits `update` after each that was added. */
    events,
    /** Keeps an update when the bot wants its type. Without a list, all but three types are wanted. */
    push(update: Update) {
      const isWanted =
        allowed.length > 0 ? allowed.some(isIn(update)) : !unasked.some(isIn(update));
      if (!isWanted) return;
      pending.push(update);
      events.emit("update", update);
    },
    /** `allowed_updates` of setWebhook and getUpdates: without it, the list before stays. Holds for later updates only. */
    allow(allowed_updates: unknown) {
      const types = listOf(allowed_updates, "allowed_updates", "String");
      if (types) allowed = types.map(textOf) as UpdateType[];
    },
    allowed: () => allowed,
    all: (): Update[] => pending,
    nextOf: (key: number) => pending.find((update) => keyOf(update) === key),
    keys: () => new Set(pending.map(keyOf)),
    remove(isDone: (update: Update) => boolean) {
      pending = pending.filter((update) => !isDone(update));
    },
  };
}

const isIn = (update: Update) => (type: UpdateType) => Object.hasOwn(update, type);

/** Types that a bot gets only when it asks for them. */
const unasked: UpdateType[] = ["chat_member", "message_reaction", "message_reaction_count"];

/** Updates with the same key arrive in order: those of a chat, or of a user when there is no chat. */
export function keyOf(update: Update): number {
  return messageOf(update)?.chat.id ?? update.callback_query?.from.id ?? 0;
}
