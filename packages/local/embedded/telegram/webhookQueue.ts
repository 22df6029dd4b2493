import { setTimeout as sleep } from "node:timers/promises";
import type { Update, WebhookInfo } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import { messageOf, unixTime } from "./chats.ts";
import { type Parameters, textOf } from "./http.ts";

export type WebhookQueue = ReturnType<typeof createWebhookQueue>;

/** The queues of updates for the webhook: in order within a chat, chats concurrently. */
export function createWebhookQueue({ pauseMs, attempts }: { pauseMs: number; attempts: number }) {
  const queues = new Map<number, Update[]>();
  const workers = new Map<number, Promise<void>>();
  const webhookOrigins = new Set<string>();
  let webhook: Webhook | undefined;
  let maxConnections = 40;
  let lastError: { last_error_date: number; last_error_message: string } | undefined;

  return {
    allowWebhook: (url: string) => void webhookOrigins.add(new URL(url).origin),
    push(update: Update) {
      const key = queueOf(update);
      const queue = queues.get(key);
      if (queue) queue.push(update);
      else queues.set(key, [update]);
      dispatch(key);
    },
    post: async (update: Update) => (await post(update, webhook)).status,
    async setWebhook({ drop_pending_updates, max_connections = 40, ...parameters }: Parameters) {
      const { url } = parameters;
      const next = url ? parseWebhook(parameters, webhookOrigins) : undefined;
      await stopDelivery();
      if (drop_pending_updates) queues.clear();
      webhook = next;
      maxConnections = Number(max_connections);
      lastError = undefined;
      for (const key of queues.keys()) dispatch(key);
      return true;
    },
    info: (): WebhookInfo => ({
      url: webhook?.url ?? "",
      has_custom_certificate: false,
      pending_update_count: [...queues.values()].flat().length,
      ...(webhook && {
        max_connections: maxConnections,
        ip_address: "127.0.0.1",
        ...(webhook.allowed_updates && { allowed_updates: webhook.allowed_updates }),
        ...lastError,
      }),
    }),
    stop: stopDelivery,
  };

  function dispatch(key: number) {
    if (!webhook || workers.has(key)) return;
    const worker = deliverQueue(key, webhook).finally(() => {
      workers.delete(key);
      if (queues.has(key)) dispatch(key); // an update was pushed while the worker ended
    });
    workers.set(key, worker);
  }

  /** Delivers a queue until it is empty. An update is dropped after its last attempt. */
  async function deliverQueue(key: number, target: Webhook) {
    const queue = queues.get(key) ?? [];
    const { signal } = target.closed;
    let failures = 0;
    for (let update = queue[0]; update && !signal.aborted; update = queue[0]) {
      const { error } = isAllowed(update, target) ? await post(update, target) : {};
      if (signal.aborted) return;
      if (error) {
        lastError = { last_error_date: unixTime(), last_error_message: error };
        failures += 1;
      }
      if (error && failures < attempts) {
        await sleep(pauseMs * 2 ** (failures - 1), undefined, { signal }).catch(() => {});
      } else {
        queue.shift();
        failures = 0;
      }
    }
    if (queue.length === 0) queues.delete(key);
  }

  /** Aborts requests in flight to the webhook; updates that it did not accept stay queued. */
  async function stopDelivery() {
    webhook?.closed.abort();
    webhook = undefined;
    await Promise.all(workers.values());
  }
}

type Webhook = {
  url: string;
  secret_token: string | undefined;
  allowed_updates: UpdateType[] | undefined;
  closed: AbortController;
};

type UpdateType = Exclude<keyof Update, "update_id">;

function parseWebhook(
  { url, secret_token, allowed_updates }: Parameters,
  origins: ReadonlySet<string>,
): Webhook {
  if (!origins.has(URL.parse(textOf(url))?.origin ?? ""))
    throw badRequest("bad webhook: the embedded Telegram sends to the API of this system only");
  if (secret_token !== undefined && !/^[\w-]{1,256}$/.test(textOf(secret_token)))
    throw badRequest("secret token contains unallowed characters");
  return {
    url: textOf(url),
    secret_token: secret_token as string | undefined,
    allowed_updates: (allowed_updates as UpdateType[] | undefined)?.length
      ? (allowed_updates as UpdateType[])
      : undefined,
    closed: new AbortController(),
  };
}

const isAllowed = (update: Update, { allowed_updates }: Webhook) =>
  !allowed_updates || allowed_updates.some((type) => type in update);

/** The key of an update's queue: its chat, or its user when it has no chat. */
function queueOf(update: Update): number {
  return messageOf(update)?.chat.id ?? update.callback_query?.from.id ?? 0;
}

async function post(update: Update, webhook: Webhook | undefined): Promise<Delivery> {
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
    await response.arrayBuffer();
    const { ok, status, statusText } = response;
    return ok
      ? { status }
      : { status, error: `Wrong response from the webhook: ${status} ${statusText}` };
  } catch (error) {
    if ((error as Error).name === "TimeoutError") return { error: "Read timeout expired" };
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    return { error: code === "ECONNREFUSED" ? "Connection refused" : "Webhook connection closed" };
  }
}

type Delivery = { status?: number; error?: string };
