import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Update, WebhookInfo } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import { maxRequestBytes } from "./botApiResponses.ts";
import { unixTime } from "./chats.ts";
import { readLimited } from "./readLimited.ts";
import {
  type Attachments,
  integerOf,
  isTrue,
  type Parameters,
  parseParameters,
  textOf,
} from "./requestParameters.ts";
import { keyOf, type UpdateQueue } from "./updateQueue.ts";

export type Webhooks = ReturnType<typeof createWebhook>;

type Options = {
  queue: UpdateQueue;
  retries: { pauseMs: number; attempts: number };
  /** Whether updates may be sent to this URL. */
  isAllowed: (url: string) => boolean;
  /** Runs the method that a webhook may name in its response. */
  call: (method: string, parameters: Parameters, attached: Attachments) => Promise<unknown>;
};

/** Sends the updates of a queue to a webhook: in order within a chat, chats concurrently. */
export function createWebhook({ queue, retries: { pauseMs, attempts }, isAllowed, call }: Options) {
  const workers = new Map<number, Promise<void>>();
  let webhook: Webhook | undefined;
  let maxConnections = 40;
  let lastError: { last_error_date: number; last_error_message: string } | undefined;
  let isStopped = false;
  queue.events.on("update", (update: Update) => dispatch(keyOf(update)));

  return {
    isSet: () => webhook !== undefined,
    post: async (update: Update) => (await post(update, webhook, call)).status,
    async set(parameters: Parameters): Promise<true> {
      const next = parameters.url ? parseWebhook(parameters, isAllowed) : undefined;
      queue.allow(parameters.allowed_updates);
      await stopDelivery();
      if (isTrue(parameters.drop_pending_updates)) queue.remove(() => true);
      webhook?.closed.abort(); // another call set it while this one waited
      webhook = next;
      maxConnections = integerOf(parameters.max_connections, 40, 1, 100);
      lastError = undefined;
      for (const key of queue.keys()) dispatch(key);
      return true;
    },
    info: (): WebhookInfo => ({
      url: webhook?.url ?? "",
      has_custom_certificate: false,
      pending_update_count: queue.all().length,
      ...(queue.allowed().length > 0 && { allowed_updates: queue.allowed() }),
      ...(webhook && { max_connections: maxConnections, ip_address: "127.0.0.1", ...lastError }),
    }),
    stop() {
      isStopped = true;
      return stopDelivery();
    },
  };

  function dispatch(key: number) {
    if (!webhook || isStopped || workers.has(key)) return;
    const worker = deliver(key, webhook).finally(() => {
      workers.delete(key);
      if (queue.nextOf(key)) dispatch(key); // an update was pushed while the worker ended
    });
    workers.set(key, worker);
  }

  /** Delivers the updates of a key until there are none. One is dropped after its last attempt. */
  async function deliver(key: number, target: Webhook) {
    const { signal } = target.closed;
    let failures = 0;
    for (let next = queue.nextOf(key); next && !signal.aborted; next = queue.nextOf(key)) {
      const { error } = await post(next, target, call);
      if (error && signal.aborted) return;
      if (error) {
        lastError = { last_error_date: unixTime(), last_error_message: error };
        failures += 1;
      }
      if (error && failures < attempts) {
        await sleep(pauseMs * 2 ** (failures - 1), undefined, { signal }).catch(() => {});
      } else {
        const delivered = next;
        queue.remove((update) => update === delivered);
        failures = 0;
      }
    }
  }

  /** Aborts requests in flight to the webhook; updates that it did not accept stay queued. */
  async function stopDelivery() {
    webhook?.closed.abort();
    webhook = undefined;
    await Promise.all(workers.values());
  }
}

type Webhook = { url: string; secret_token: string | undefined; closed: AbortController };

function parseWebhook({ url, secret_token }: Parameters, isAllowed: Options["isAllowed"]): Webhook {
  if (!isAllowed(textOf(url)))
    throw badRequest("bad webhook: the embedded Telegram sends to this machine only");
  const secret = secret_token === undefined ? undefined : textOf(secret_token);
  if (secret !== undefined && secret.length > 256) throw badRequest("secret token is too long");
  if (secret !== undefined && !/^[\w-]*$/.test(secret))
    throw badRequest("secret token contains unallowed characters");
  return { url: textOf(url), secret_token: secret || undefined, closed: new AbortController() };
}

async function post(
  update: Update,
  webhook: Webhook | undefined,
  call: Options["call"],
): Promise<Delivery> {
  if (!webhook) throw new Error("No webhook is set");
  const { url, secret_token, closed } = webhook;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(secret_token !== undefined && { "x-telegram-bot-api-secret-token": secret_token }),
      },
      body: JSON.stringify(update),
      redirect: "manual",
      signal: AbortSignal.any([closed.signal, AbortSignal.timeout(60_000)]),
    });
    const body = await readLimited(response.body, maxRequestBytes);
    const { ok, status, statusText } = response;
    if (!ok) return { status, error: `Wrong response from the webhook: ${status} ${statusText}` };
    const type = response.headers.get("content-type") ?? "";
    if (body) await unlessAborted(callInResponse(type, body, call), closed.signal);
    return { status };
  } catch (error) {
    if ((error as Error).name === "TimeoutError") return { error: "Read timeout expired" };
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return { error: code === "ECONNREFUSED" ? "Connection refused" : "Webhook connection closed" };
  }
}

type Delivery = { status?: number; error?: string };

/** A webhook may name a method in its response. Its result, and any error, are lost. */
async function callInResponse(type: string, body: Buffer, call: Options["call"]) {
  try {
    const { parameters, attached } = parseParameters(new URL("http://telegram"), type, body);
    const { method, ...rest } = parameters;
    if (typeof method === "string") await call(method, rest, attached);
  } catch {
    // the bot does not learn of it
  }
}

/** Waits for a call until the webhook is closed: the call may close it itself, and that waits for this delivery. */
async function unlessAborted(call: Promise<void>, signal: AbortSignal) {
  if (signal.aborted) return;
  const ended = new AbortController();
  const aborted = once(signal, "abort", { signal: ended.signal }).catch(() => {});
  await Promise.race([call, aborted]);
  ended.abort();
}
