import type { IncomingMessage, ServerResponse } from "node:http";
import type { Message } from "@grammyjs/types";
import { BotApiError, badRequest } from "./botApiError.ts";
import { readBody, sendResult } from "./http.ts";
import type { Phone, PhoneUser } from "./phones.ts";

type PhoneRequestsOptions = { phone: (user: PhoneUser) => Phone; webOrigins: string[] };

/**
 * Handles the requests of phones that a page or another process holds, such as `remotePhone`:
 * `/phone/{user id}/{photo|text|press|reply}`. Resolves to false for every other path.
 */
export function phoneRequests({ phone, webOrigins }: PhoneRequestsOptions) {
  return async (path: string, url: URL, request: IncomingMessage, response: ServerResponse) => {
    const [, userId, action] = /^\/phone\/(\d+)\/(photo|text|press|reply)$/.exec(path) ?? [];
    if (!userId || !action) return false;
    allowOrigin(request, response, webOrigins);
    if (request.method === "OPTIONS") response.writeHead(204).end();
    else {
      const user = { id: Number(userId), first_name: url.searchParams.get("first_name") ?? "User" };
      sendResult(response, await act(phone(user), action, url, request, response));
    }
    return true;
  };
}

async function act(
  phone: Phone,
  action: string,
  { searchParams: query }: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Message> {
  // a reply must not be spent on a client that disconnected: the next one that waits gets it
  const disconnected = new AbortController();
  response.once("close", () => disconnected.abort());

  if (action === "photo") {
    const caption = query.get("caption");
    return phone.sendPhoto(await readBody(request), caption ? { caption } : {});
  }
  if (action === "text") return phone.sendText(`${await readBody(request)}`);
  if (action === "press") {
    const pressed = Number(query.get("message_id"));
    const message = phone.replies().find(({ message_id }) => message_id === pressed);
    if (!message) throw badRequest("message not found");
    phone.press(`${await readBody(request)}`, message);
    return message;
  }
  const timeoutMs = Number(query.get("timeout_ms"));
  if (!(timeoutMs >= 0 && timeoutMs <= 600_000)) throw badRequest("timeout_ms is not valid");
  return phone.waitForReply(timeoutMs, disconnected.signal).catch(({ message }: Error) => {
    // not 408: browsers repeat a request on that status
    throw new BotApiError({ error_code: 504, description: message });
  });
}

function allowOrigin(
  { headers: { origin = "" } }: IncomingMessage,
  response: ServerResponse,
  webOrigins: string[],
) {
  response.setHeader("vary", "origin");
  if (!webOrigins.includes(origin)) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-allow-headers", "content-type");
}
