import type { InlineKeyboardMarkup, Message, Update, WebhookInfo } from "@grammyjs/types";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { FileSource, Identify } from "@keepsake/core/ports";
import { httpRequest, readBody } from "../httpRequest.ts";
import { parseRetryAfter } from "../retryAfter.ts";
import { download } from "./download.ts";

/**
 * The `Telegram` link. `api` is `https://api.telegram.org`, or a self-hosted Bot API server, which
 * must not run with `--local`: its getFile would answer paths on that server's disk.
 */
export type TelegramLink = { api: string; botToken: string };

export type TelegramBot = {
  /** A path to download the file from, valid for an hour. */
  getFile(file_id: string): Promise<TelegramFile>;
  /** The bytes of a file of at most `maxBytes`, within 20 s. */
  download(file_id: string, maxBytes: number): Promise<Buffer>;
  /** A reply to a deleted message is sent as a plain message. */
  sendMessage(message: {
    chat_id: number | string;
    text: string;
    reply_to_message_id?: number | undefined;
    reply_markup?: InlineKeyboardMarkup | undefined;
  }): Promise<Message.TextMessage>;
  /** Ends the loading state of a pressed button; `text`, ≤ 200 characters, is shown to the user. */
  answerCallbackQuery(answer: {
    callback_query_id: string;
    text?: string | undefined;
  }): Promise<true>;
  setWebhook(webhook: {
    url: string;
    secret_token: string;
    allowed_updates: UpdateType[];
    /** How many updates Telegram sends at once, 1 to 100. */
    max_connections?: number;
  }): Promise<true>;
  getWebhookInfo(): Promise<WebhookInfo>;
};

type TelegramFile = { file_path: string; file_size?: number };
type UpdateType = Exclude<keyof Update, "update_id">;

/** The updates that the webhook handles: Telegram sends no others. */
export const webhookUpdates: UpdateType[] = [
  "message",
  "edited_message",
  "channel_post",
  "edited_channel_post",
  "callback_query",
];

/**
 * The methods of Telegram's Bot API that are used here. Every call gives up after 10 s, a download after
 * 20 s, and throws `PermanentError` or `RetryableError`. Every URL holds the token, so no error holds a URL.
 */
export function telegramBot({ api, botToken }: TelegramLink): TelegramBot {
  const { origin: allowedOrigin } = new URL(api);
  const root = api.replace(/\/$/, "");

  return {
    getFile,
    async download(file_id, maxBytes) {
      const started = performance.now();
      const { file_path, file_size = 0 } = await getFile(file_id);
      const what = "Telegram's file";
      if (file_size > maxBytes)
        throw new PermanentError("too_large", `${what} is over ${maxBytes} bytes`);
      if (!isPlainPath(file_path))
        throw new PermanentError("refused", `${what} has a path that leads elsewhere`);
      const deadlineMs = Math.round(downloadDeadlineMs - (performance.now() - started));
      const url = new URL(`${root}/file/bot${botToken}/${file_path}`);
      return download(url, { maxBytes, deadlineMs, allowedOrigin, what });
    },
    sendMessage: ({ reply_to_message_id: message_id, ...message }) =>
      call("sendMessage", {
        ...message,
        ...(message_id !== undefined && {
          reply_parameters: { message_id, allow_sending_without_reply: true },
        }),
      }),
    answerCallbackQuery: (answer) => call("answerCallbackQuery", answer),
    setWebhook: (webhook) => call("setWebhook", webhook),
    getWebhookInfo: () => call("getWebhookInfo", {}),
  };

  async function getFile(file_id: string): Promise<TelegramFile> {
    const file = await call<Partial<TelegramFile>>("getFile", { file_id });
    const { file_path, file_size } = file;
    if (file_path === undefined)
      throw new PermanentError("gone", "getFile: Telegram has no such file");
    return { file_path, ...(file_size !== undefined && { file_size }) };
  }

  async function call<Result>(method: string, parameters: object): Promise<Result> {
    const options = {
      what: method,
      deadlineMs: 10_000,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(parameters),
    };
    const url = new URL(`${root}/bot${botToken}/${method}`);
    const { status, result } = await httpRequest(url, options, async (response) => ({
      status: response.statusCode ?? 0,
      result: parseJson(await readBody(response, maxResponseBytes)),
    }));
    if (result?.ok === true) return result.result as Result;
    throw toError(method, result?.error_code ?? status, result);
  }

  /** A wrong token or API URL gives 401 or 404: retryable, so that no image is lost until it is corrected. */
  function toError(method: string, code: number, { description, parameters }: ApiResponse = {}) {
    const message = redactToken(`${method}: ${code} ${description ?? "without a reason"}`);
    if (code === 400 && /file is too big/i.test(message))
      return new PermanentError("too_large", message);
    if (code === 400) return new PermanentError(method === "getFile" ? "gone" : "refused", message);
    if (code === 403) return new PermanentError("refused", message);
    return new RetryableError(message, {
      retryAfterSeconds: parseRetryAfter(parameters?.retry_after),
    });
  }

  /** Telegram does not repeat the token, but a proxy in front of it may show the path. */
  function redactToken(text: string) {
    const secret = botToken.split(":").at(-1);
    return secret ? text.replaceAll(secret, "***") : text;
  }
}

/** Downloads files from Telegram by their id. */
export function telegramFiles(bot: Pick<TelegramBot, "download">): FileSource {
  return {
    download: (source, maxBytes) => bot.download((source as { file_id: string }).file_id, maxBytes),
  };
}

/** Identifies a file by its unique id: `file_id` changes with every message and every bot. */
export const identifyTelegramFile: Identify["telegram"] = ({ file_id, file_unique_id }) => ({
  platform_ref: file_unique_id,
  source: { file_id },
});

const downloadDeadlineMs = 20_000;
const maxResponseBytes = 1_000_000;

/** Relative and made of names only: no `..`, scheme, host, query or escapes. */
const isPlainPath = (path: string) =>
  /^[^/\\%?#:\p{Cc}]+(?:\/[^/\\%?#:\p{Cc}]+)*$/u.test(path) && !path.includes("..");

type ApiResponse = {
  ok?: boolean;
  result?: unknown;
  error_code?: number;
  description?: string;
  parameters?: { retry_after?: unknown };
};

/** Undefined for what is not JSON: the response of a proxy, not Telegram's. */
function parseJson(body: Buffer | undefined): ApiResponse | undefined {
  try {
    return JSON.parse(`${body}`) ?? undefined;
  } catch {
    return undefined;
  }
}
