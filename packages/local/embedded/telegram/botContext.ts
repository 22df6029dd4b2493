import type { User } from "@grammyjs/types";
import type { Chats } from "./chats.ts";
import type { FileStore } from "./fileStore.ts";
import type { RateLimits } from "./messageRateLimits.ts";
import type { Attachments, Parameters } from "./requestParameters.ts";

/** The state of one bot that the methods of the Bot API read and change. */
export type BotContext = { bot: User; files: FileStore; chats: Chats; spend: RateLimits };

/** A method of the Bot API. `signal` is aborted when the caller disconnects. Throws a `BotApiError`. */
export type Method = (
  parameters: Parameters,
  attached: Attachments,
  signal: AbortSignal,
) => unknown;
