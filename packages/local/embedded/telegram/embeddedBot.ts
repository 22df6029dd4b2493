import { randomBytes } from "node:crypto";
import type { Update, User } from "@grammyjs/types";
import { botMethods } from "./botApi.ts";
import { BotApiError } from "./botApiError.ts";
import { createChats } from "./chats.ts";
import { createFileStore } from "./fileStore.ts";
import { createPolling } from "./longPolling.ts";
import { createRateLimits, type Rates } from "./messageRateLimits.ts";
import { createPhones, type NewUpdate } from "./phones.ts";
import type { Attachments, Parameters } from "./requestParameters.ts";
import { unsupportedMethods } from "./unsupportedMethods.ts";
import { createUpdateQueue } from "./updateQueue.ts";
import { createWebhook } from "./webhookDelivery.ts";

export type Call = { method: string; parameters: Parameters };
export type Bot = ReturnType<typeof createBot>;

type Options = {
  token: string;
  /** The user name, without @. */
  name: string;
  rates: Rates | undefined;
  webhookRetries: { pauseMs: number; attempts: number };
  isWebhookAllowed: (url: string) => boolean;
  /** Runs in place of a call, which `next` does. */
  intercept?: ((call: Call, next: () => Promise<unknown>) => Promise<unknown>) | undefined;
};

/** A bot: its chats, files and updates, and the calls of the Bot API with its token. */
export function createBot({ token, name, rates, webhookRetries, intercept, ...options }: Options) {
  const bot: User = {
    id: Number.parseInt(token, 10),
    is_bot: true,
    first_name: name,
    username: name,
  };
  const files = createFileStore();
  const chats = createChats();
  const queue = createUpdateQueue();
  const polling = createPolling(queue);
  const webhook = createWebhook({
    queue,
    retries: webhookRetries,
    isAllowed: options.isWebhookAllowed,
    call: (method, parameters, attached) =>
      call({ method, parameters }, attached, new AbortController().signal),
  });
  const spend = createRateLimits(rates);
  const methods = botMethods({ bot, files, chats, spend, webhook, polling });
  const calls: Call[] = [];
  let lastUpdateId = 100_000_000;

  return {
    token,
    name,
    /** The last 1,000 calls with the token, oldest first. */
    calls,
    call,
    files,
    /** The phone of a user. Phones of the same user share one chat. */
    phone: createPhones({ files, chats, deliver }),
    deliver,
    /** Sends an update to the webhook once, at once, without the queue; resolves to the status. */
    post: webhook.post,
    async stop() {
      polling.stop();
      await webhook.stop();
    },
  };

  /** Queues an update for the bot, and makes its chat known to it. */
  function deliver({ update_id = ++lastUpdateId, ...content }: NewUpdate): Update {
    const update = { update_id, ...content };
    chats.register(update);
    queue.push(update);
    return update;
  }

  async function call(made: Call, attached: Attachments, signal: AbortSignal): Promise<unknown> {
    if (calls.push(made) > maxCalls) calls.shift();
    const next = async () => {
      const method = made.method.toLowerCase();
      const run = Object.hasOwn(methods, method) && methods[method];
      if (run) return run(made.parameters, attached, signal);
      const unspoken = unsupportedMethods.find((each) => each.toLowerCase() === method);
      throw new BotApiError(
        unspoken
          ? {
              error_code: 501,
              description: `Not Implemented: the local Telegram has no ${unspoken}`,
            }
          : { error_code: 404, description: "Not Found: method not found" },
      );
    };
    return intercept ? intercept(made, next) : next();
  }
}

const maxCalls = 1_000;

/** A token as Telegram gives it out: the id of the bot and a secret. */
export const newToken = (id: number) => `${id}:${randomBytes(26).toString("base64url")}`;
