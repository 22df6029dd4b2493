import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { guard } from "../hostAndOrigin.ts";
import { listen } from "../listen.ts";
import { BotApiError } from "./botApiError.ts";
import { maxRequestBytes, readBody, sendFailure, sendResult } from "./botApiResponses.ts";
import type { Call } from "./embeddedBot.ts";
import { createBots } from "./embeddedBots.ts";
import { type FileStore, type StoredFile, sendFile } from "./fileStore.ts";
import { isLoopback } from "./isLoopback.ts";
import type { Rates } from "./messageRateLimits.ts";
import { phoneRequests } from "./phoneRequests.ts";
import { parseParameters, textOf } from "./requestParameters.ts";

export type { Call } from "./embeddedBot.ts";

export type TelegramOptions = {
  port: number;
  botToken: string;
  /** The bot's user name, without @. */
  botName: string;
  /** Other bots, of people who write their own: tokens by user name in lower case. */
  ownBots?: Record<string, string>;
  /** Called with all of them after a request for another one. */
  onNewBot?: (ownBots: Record<string, string>) => Promise<void>;
  /** How many messages a bot may send, such as `telegramRates`; no limit when not given. */
  rates?: Rates | undefined;
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

export type EmbeddedTelegram = Awaited<ReturnType<typeof embeddedTelegram>>;

/**
 * Starts a Telegram on 127.0.0.1, whose Bot API responds as the real one does (README.md says to what), with one bot
 * and those of people who write their own, and with phones that write to them. `api` is the base URL of the Bot API;
 * the port is a preference. Updates of the first bot go to the webhook that was set, at an origin that `allowWebhook`
 * named: in order within a chat, and again after growing pauses until it accepts them. `stop` deletes everything.
 */
export async function embeddedTelegram(options: TelegramOptions) {
  const { port, botToken, botName, webOrigins = [], intercept = {} } = options;
  const webhookOrigins = new Set<string>();
  const bots = createBots({
    first: {
      token: botToken,
      name: botName,
      isWebhookAllowed: (url) => webhookOrigins.has(URL.parse(url)?.origin ?? ""),
    },
    ownBots: options.ownBots ?? {},
    isOwnWebhookAllowed: isLoopback,
    onNewBot: options.onNewBot ?? (async () => {}),
    rates: options.rates,
    webhookRetries: options.webhookRetries ?? { pauseMs: 1_000, attempts: 10 },
    intercept: intercept.call,
  });
  const { first } = bots;
  const handlePhone = phoneRequests({ bots, webOrigins });

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
    calls: first.calls,
    phone: first.phone,
    deliver: first.deliver,
    post: first.post,
    /** A bot by its user name; a new one when there is none. */
    openBot: bots.open,
    /** Allows webhooks of the first bot at the origin of a URL; none is allowed before. */
    allowWebhook: (url: string) => void webhookOrigins.add(new URL(url).origin),
    /** Adds a file that no message contains. */
    addFile: (bytes: Buffer) => first.files.add("documents", bytes, "png"),
    async stop() {
      server.close();
      await bots.stop();
      server.closeAllConnections();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://telegram");
    const path = decodeURIComponent(url.pathname);
    if (path === "/bots" && request.method === "POST")
      return sendResult(response, await openBot(url.searchParams.get("name")));
    if (await handlePhone(path, url, request, response)) return;

    const [, isFile, token = "", rest = ""] = /^(\/file)?\/bot([^/]*)\/(.+)$/.exec(path) ?? [];
    const bot = bots.byToken(token);
    if (!bot) throw new BotApiError({ error_code: /^\d+:/.test(token) ? 401 : 404 });
    if (isFile) return download(bot.files, rest, response);

    const body = await readBody(request, maxRequestBytes);
    const { parameters, attached } = parseParameters(url, request.headers["content-type"], body);
    const disconnected = new AbortController();
    response.once("close", () => disconnected.abort());
    sendResult(
      response,
      await bot.call({ method: rest, parameters }, attached, disconnected.signal),
    );
  }

  async function openBot(given: unknown) {
    const { name, token } = await bots.open(textOf(given));
    return { username: name, token };
  }

  function download(files: FileStore, path: string, response: ServerResponse) {
    const file = files.byPath(path);
    const next = () => sendFile(file, response);
    return intercept.download ? intercept.download(file, response, next) : next();
  }
}
