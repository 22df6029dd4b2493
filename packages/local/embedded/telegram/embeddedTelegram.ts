import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Update, User } from "@grammyjs/types";
import { guard } from "../hostAndOrigin.ts";
import { listen } from "../listen.ts";
import { botMethods } from "./botApi.ts";
import { BotApiError } from "./botApiError.ts";
import { createChats } from "./chats.ts";
import { createFileStore, type StoredFile, sendFile } from "./files.ts";
import { type Parameters, parseParameters, readBody, sendFailure, sendResult } from "./http.ts";
import { phoneRequests } from "./phoneRequests.ts";
import { createPhones, type NewUpdate } from "./phones.ts";
import { createWebhookQueue } from "./webhookQueue.ts";

export type TelegramOptions = {
  port: number;
  botToken: string;
  /** The bot's user name, without @. */
  botName: string;
  /** The origins of pages that may hold phones; none when not given. */
  webOrigins?: string[];
  /** The first pause, doubled each time, and the number of attempts before an update is dropped. */
  webhookRetries?: { pauseMs: number; attempts: number };
  intercept?: Intercept;
};

/** Functions that run in place of the stand-in's own work, which `next` does. Throw a `BotApiError` to fail. */
type Intercept = {
  /** A call of the Bot API with the right token. Resolves to its result. */
  call?(call: Call, next: () => Promise<unknown>): Promise<unknown>;
  /** A download of a file. Must end the response. */
  download?(file: StoredFile, response: ServerResponse, next: () => void): void | Promise<void>;
};

export type Call = { method: string; parameters: Parameters };
export type EmbeddedTelegram = Awaited<ReturnType<typeof embeddedTelegram>>;

/**
 * Starts a Telegram on 127.0.0.1 with one bot, whose Bot API responds as the real one does, and with
 * phones that write to it. `api` is the base URL of the Bot API; the port is a preference. Updates go to
 * the webhook that was set, at an origin that `allowWebhook` named: in order within a chat, and again
 * after growing pauses until it accepts them. `stop` deletes everything.
 */
export async function embeddedTelegram(options: TelegramOptions) {
  const { port, botToken, botName, webOrigins = [], intercept = {} } = options;
  const { webhookRetries = { pauseMs: 1_000, attempts: 10 } } = options;
  const files = createFileStore();
  const chats = createChats();
  const outbox = createWebhookQueue(webhookRetries);
  const bot: User = {
    id: Number.parseInt(botToken, 10),
    is_bot: true,
    first_name: botName,
    username: botName,
  };
  const methods = botMethods({ bot, files, chats, outbox });
  const phone = createPhones({ files, chats, deliver });
  const handlePhone = phoneRequests({ phone, webOrigins });
  const calls: Call[] = [];
  let lastUpdateId = 100_000_000;

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (response.headersSent || request.errored) response.destroy();
      else if (error instanceof BotApiError) sendFailure(response, error.failure);
      else {
        console.error(error);
        sendFailure(response, { error_code: 500 });
      }
    });
  });
  const api = `http://127.0.0.1:${await listen(guard(server, { webOrigins, getChanges: true }), port)}`;

  return {
    api,
    botToken,
    botName,
    /** Every call of the Bot API that had the right token, oldest first. */
    calls,
    /** The phone of a user. Phones of the same user share one chat. */
    phone,
    deliver,
    /** Allows webhooks at the origin of a URL; none is allowed before. */
    allowWebhook: outbox.allowWebhook,
    /** Sends an update to the webhook once, at once, without the queue; resolves to the status. */
    post: outbox.post,
    /** Adds a file that no message contains. */
    addFile: (bytes: Buffer) => files.add("documents", bytes, "png"),
    async stop() {
      server.close();
      server.closeAllConnections();
      await outbox.stop();
    },
  };

  /** Queues an update for the webhook, and makes its chat known to the bot. */
  function deliver({ update_id = ++lastUpdateId, ...content }: NewUpdate): Update {
    const update = { update_id, ...content };
    chats.register(update);
    outbox.push(update);
    return update;
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://telegram");
    const path = decodeURIComponent(url.pathname);
    if (await handlePhone(path, url, request, response)) return;

    const [, isFile, token = "", rest = ""] = /^(\/file)?\/bot([^/]*)\/(.+)$/.exec(path) ?? [];
    if (token !== botToken) throw new BotApiError({ error_code: /^\d+:/.test(token) ? 401 : 404 });
    if (isFile) return download(files.byPath(rest), response);

    const body = await readBody(request);
    const parameters = parseParameters(url, request.headers["content-type"], body);
    sendResult(response, await call({ method: rest, parameters }));
  }

  function download(file: StoredFile, response: ServerResponse) {
    const next = () => sendFile(file, response);
    return intercept.download ? intercept.download(file, response, next) : next();
  }

  async function call(call: Call) {
    calls.push(call);
    const next = async () => {
      const name = call.method.toLowerCase();
      const method = Object.hasOwn(methods, name) && methods[name];
      if (!method)
        throw new BotApiError({ error_code: 404, description: "Not Found: method not found" });
      return method(call.parameters);
    };
    return intercept.call ? intercept.call(call, next) : next();
  }
}
