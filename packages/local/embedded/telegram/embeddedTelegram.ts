import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type {
  ApiError,
  CallbackQuery,
  Chat,
  Message,
  Update,
  User,
  UserFromGetMe,
  WebhookInfo,
} from "@grammyjs/types";
import { listen } from "../listen.ts";
import { chatBook } from "./chats.ts";
import { type FileFault, fileShelf, serveFile } from "./files.ts";
import {
  badRequest,
  decode,
  type Parameters,
  parametersOf,
  type Refusal,
  Refused,
  read,
  refuse,
  send,
} from "./http.ts";
import { webhookOutbox } from "./outbox.ts";

type Options = {
  port: number;
  botToken: string;
  /** The bot's user name, without @. */
  botName: string;
  /** The pages that may hold phones; none when not given. */
  webOrigins?: string[];
  /** The first pause, doubled each time, and how often an update is sent until it is dropped. */
  webhookRetries?: { pauseMs: number; attempts: number };
};

type Sending = { caption?: string; fault?: FileFault };
type SendingFile = Sending & { file_name: string; mime_type: string };

export type PhoneUser = { id: number; first_name: string; username?: string };

/**
 * Starts a Telegram on 127.0.0.1 with one bot, whose Bot API answers as the real one does, and with
 * phones to write to it. `api` is the base of the Bot API; the port is a preference. Updates go to
 * the webhook that was set, which must be on this machine, in order within a chat, and again with
 * growing pauses until it takes them. Everything is forgotten with `stop`.
 */
export async function embeddedTelegram(options: Options) {
  const { port, botToken, botName, webOrigins = [] } = options;
  const { webhookRetries = { pauseMs: 1_000, attempts: 10 } } = options;
  const files = fileShelf();
  const chats = chatBook();
  const outbox = webhookOutbox(webhookRetries);
  const bot: User = {
    id: Number.parseInt(botToken, 10),
    is_bot: true,
    first_name: botName,
    username: botName,
  };
  const methods = botMethods({ bot, files, chats, outbox });
  const planned: { method: string; refusal: Refusal }[] = [];
  const calls: Call[] = [];
  let lastUpdate = 100_000_000;

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (response.headersSent) response.destroy();
      else if (error instanceof Refused) refuse(response, error.refusal);
      else {
        console.error(error);
        refuse(response, { error_code: 500 });
      }
    });
  });
  const api = `http://127.0.0.1:${await listen(server, port)}`;

  return {
    api,
    botToken,
    botName,
    /** Every call of the Bot API that had the right token, oldest first. */
    calls,
    phone,
    deliver,
    /** Sends an update to the webhook once, now, beside the queue; resolves to the status. */
    post: outbox.post,
    /** A file that no message carries. */
    addFile: (bytes: Buffer, fault?: FileFault) => files.add("documents", bytes, "png", fault),
    /** Lets a file go wrong from now on, or be right again. */
    breakFile: files.break,
    /** Lets the next call of a method fail. */
    refuseNext: (method: string, refusal: Refusal) => void planned.push({ method, refusal }),
    /** What the bot sent to a chat, oldest first. */
    replies: (chat_id: number) => chats.of(chat_id)?.replies ?? [],
    async stop() {
      server.close();
      server.closeAllConnections();
      await outbox.stop();
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? "/", "http://telegram");
    const path = decode(url.pathname);
    const [, userId, action] = /^\/phone\/(\d+)\/(photo|text|press|reply)$/.exec(path) ?? [];
    if (userId && action) {
      allowPages(request, response);
      if (request.method === "OPTIONS") return void response.writeHead(204).end();
      return answerPhone(Number(userId), action, url, request, response);
    }

    const [, file, token = "", rest = ""] = /^(\/file)?\/bot([^/]*)\/(.+)$/.exec(path) ?? [];
    if (token !== botToken) throw new Refused({ error_code: /^\d+:/.test(token) ? 401 : 404 });
    if (file) return serveFile(files.byPath(rest), response);

    const parameters = parametersOf(url, request.headers["content-type"], await read(request));
    calls.push({ method: rest, parameters });
    const at = planned.findIndex(({ method }) => method === rest);
    if (at >= 0) throw new Refused(planned.splice(at, 1)[0]!.refusal);
    const method = methods[rest.toLowerCase()];
    if (!method) throw new Refused({ error_code: 404, description: "Not Found: method not found" });
    send(response, 200, { ok: true, result: await method(parameters) });
  }

  /** Queues an update, made by hand, for the webhook; its chat is known from now on. */
  function deliver({ update_id = ++lastUpdate, ...content }: NewUpdate): Update {
    const update = { update_id, ...content };
    chats.learn(update);
    outbox.push(update);
    return update;
  }

  /** The phone of somebody who talks to the bot. Asking again gives the same phone. */
  function phone(user: PhoneUser) {
    const from: User = { is_bot: false, language_code: "en", ...user };
    const chat: Chat.PrivateChat = { type: "private", ...user };
    const line = chats.open(chat);

    return {
      /** Sends a photo, of which Telegram makes four sizes. The bytes stay as they are. */
      sendPhoto(bytes: Buffer, { fault, ...caption }: Sending = {}) {
        return say({ photo: files.addPhoto(bytes, fault), ...caption });
      },
      /** Sends photos as an album: a message for each, with one `media_group_id`. */
      sendAlbum(photos: Buffer[]) {
        const media_group_id = String(randomBytes(6).readUIntBE(0, 6));
        return photos.map((bytes) => say({ photo: files.addPhoto(bytes), media_group_id }));
      },
      sendDocument(bytes: Buffer, { file_name, mime_type, fault, ...caption }: SendingFile) {
        const extension = /\.(\w+)$/.exec(file_name)?.[1] ?? "";
        const { file_path: _, ...file } = files.add("documents", bytes, extension, fault);
        return say({ document: { file_name, mime_type, ...file }, ...caption });
      },
      sendText(text: string) {
        const [command] = /^\/\w+/.exec(text) ?? [];
        const entity = { type: "bot_command" as const, offset: 0, length: command?.length ?? 0 };
        return say({ text, ...(command && { entities: [entity] }) });
      },
      /** Presses a button below a message, which may have been shown to somebody else. */
      press(data: string, message: Message): CallbackQuery {
        const callback_query: CallbackQuery = {
          id: String(randomBytes(6).readUIntBE(0, 6)),
          from,
          message,
          chat_instance: String(message.chat.id),
          data,
        };
        deliver({ callback_query });
        return callback_query;
      },
      /** From now on the bot is answered with 403. */
      block() {
        line.isBlocked = true;
      },
      unblock() {
        line.isBlocked = false;
      },
      /** What the bot sent here, oldest first. */
      replies: (): Message[] => line.replies,
      /** The next reply, counted from the last one waited for. Throws after `timeoutMs`. */
      async waitForReply(timeoutMs = 5_000, hungUp?: AbortSignal): Promise<Message> {
        const signal = AbortSignal.any([
          AbortSignal.timeout(timeoutMs),
          ...(hungUp ? [hungUp] : []),
        ]);
        while (line.seen >= line.replies.length)
          await once(line.arrivals, "reply", { signal }).catch(() => {
            throw new Error(`The bot sent nothing to ${user.first_name} in ${timeoutMs} ms`);
          });
        return line.replies[line.seen++]!;
      },
    };

    function say(content: object): Message {
      const message = { ...chats.newMessage(chat), from, ...content } as Message &
        Update.NonChannel;
      deliver({ message });
      return message;
    }
  }

  function allowPages({ headers: { origin = "" } }: IncomingMessage, response: ServerResponse) {
    response.setHeader("vary", "origin");
    if (!webOrigins.includes(origin)) return;
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-allow-headers", "content-type");
  }

  /** A phone held by a page or another process: see `remotePhone`. */
  async function answerPhone(
    id: number,
    action: string,
    { searchParams: query }: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    const held = phone({ id, first_name: query.get("first_name") ?? "Somebody" });
    const caption = query.get("caption");
    const timeoutMs = Number(query.get("timeout_ms"));
    const pressed = Number(query.get("message_id"));
    const actions: Record<string, () => Promise<Message>> = {
      photo: async () => held.sendPhoto(await read(request), caption ? { caption } : {}),
      text: async () => held.sendText(`${await read(request)}`),
      press: async () => {
        const message = held.replies().find(({ message_id }) => message_id === pressed);
        if (!message) throw badRequest("message not found");
        held.press(`${await read(request)}`, message);
        return message;
      },
      reply: () =>
        held.waitForReply(timeoutMs, hungUp.signal).catch(({ message }: Error) => {
          // not 408: on that a browser asks again by itself
          throw new Refused({ error_code: 504, description: message });
        }),
    };
    // nobody is left to see the reply: the next who waits shall
    const hungUp = new AbortController();
    response.once("close", () => hungUp.abort());
    send(response, 200, { ok: true, result: await actions[action]!() });
  }
}

export type EmbeddedTelegram = Awaited<ReturnType<typeof embeddedTelegram>>;
export type Phone = ReturnType<EmbeddedTelegram["phone"]>;
export type Call = { method: string; parameters: Parameters };
export type NewUpdate = Omit<Update, "update_id"> & { update_id?: number };

/** A phone on a stand-in that runs in another process. Throws what went wrong there. */
export function remotePhone(api: string, { id, first_name }: PhoneUser) {
  return {
    sendPhoto: (bytes: Uint8Array<ArrayBuffer>, { caption = "" } = {}) =>
      ask("photo", { caption }, { method: "POST", body: bytes }),
    sendText: (text: string) => ask("text", {}, { method: "POST", body: text }),
    /** The next reply, counted from the last one waited for. Throws after `timeoutMs`. */
    waitForReply: (timeoutMs = 5_000) => ask("reply", { timeout_ms: String(timeoutMs) }),
  };

  async function ask(action: string, query: Record<string, string>, init?: RequestInit) {
    const search = new URLSearchParams({ first_name, ...query });
    const response = await fetch(`${api}/phone/${id}/${action}?${search}`, init);
    const answer = (await response.json()) as { ok: true; result: Message } | ApiError;
    if (!answer.ok) throw new Error(answer.description);
    return answer.result;
  }
}

type Backends = {
  bot: User;
  files: ReturnType<typeof fileShelf>;
  chats: ReturnType<typeof chatBook>;
  outbox: ReturnType<typeof webhookOutbox>;
};

/** The methods of the Bot API that we use, by their names in lower case: Telegram does not mind. */
function botMethods({ bot, files, chats, outbox }: Backends) {
  const methods: Record<string, (parameters: Parameters) => unknown> = {
    getme: (): UserFromGetMe => ({
      ...bot,
      is_bot: true,
      username: bot.username!,
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
      has_topics_enabled: false,
      allows_users_to_create_topics: false,
      can_manage_bots: false,
      supports_join_request_queries: false,
    }),
    getfile: ({ file_id }) => files.get(String(file_id)),
    sendmessage: (parameters) => chats.send(bot, parameters),
    answercallbackquery: ({ callback_query_id }) => chats.answer(String(callback_query_id)),
    setwebhook: (parameters) => outbox.set(parameters),
    deletewebhook: ({ drop_pending_updates }) => outbox.set({ url: "", drop_pending_updates }),
    getwebhookinfo: (): WebhookInfo => outbox.info(),
  };
  return methods;
}
