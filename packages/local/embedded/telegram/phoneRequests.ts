import type { IncomingMessage, ServerResponse } from "node:http";
import type { Message } from "@grammyjs/types";
import { BotApiError, badRequest } from "./botApiError.ts";
import { maxRequestBytes, readBody, sendResult } from "./botApiResponses.ts";
import type { createBots } from "./embeddedBots.ts";
import type { Phone } from "./phones.ts";

type PhoneRequestsOptions = { bots: ReturnType<typeof createBots>; webOrigins: string[] };

/**
 * Handles the requests of phones that a page or another process holds, such as `remotePhone`:
 * `/phone/{user id}/{photo|document|text|press|reply}?bot={name}`. Resolves to false for every other path.
 */
export function phoneRequests({ bots, webOrigins }: PhoneRequestsOptions) {
  return async (path: string, url: URL, request: IncomingMessage, response: ServerResponse) => {
    const [, userId, action] =
      /^\/phone\/(\d+)\/(photo|document|text|press|reply)$/.exec(path) ?? [];
    if (!userId || !action) return false;
    allowOrigin(request, response, webOrigins);
    if (request.method === "OPTIONS") response.writeHead(204).end();
    else {
      const user = { id: Number(userId), first_name: url.searchParams.get("first_name") ?? "User" };
      const name = url.searchParams.get("bot");
      const { phone } = name ? bots.byName(name) : bots.first;
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

  const read = () => readBody(request, maxRequestBytes);
  if (action === "photo") return phone.sendPhoto(await read(), optionsOf(query));
  if (action === "document")
    return phone.sendDocument(await read(), {
      ...optionsOf(query),
      file_name: query.get("file_name") ?? "file",
      mime_type: query.get("mime_type") ?? "application/octet-stream",
    });
  if (action === "text") {
    const { reply_to } = optionsOf(query);
    return phone.sendText(`${await read()}`, reply_to === undefined ? {} : { reply_to });
  }
  if (action === "press") {
    const data = `${await read()}`;
    const pressed = query.get("message_id");
    const message = phone
      .replies()
      .findLast((reply) => (pressed ? `${reply.message_id}` === pressed : hasButton(reply, data)));
    if (!message) throw badRequest("message not found");
    phone.press(data, message);
    return message;
  }
  const timeoutMs = Number(query.get("timeout_ms"));
  if (!(timeoutMs >= 0 && timeoutMs <= 600_000)) throw badRequest("timeout_ms is not valid");
  return phone.waitForReply(timeoutMs, disconnected.signal).catch(({ message }: Error) => {
    // browsers repeat a request on 408, and report one of 504 in the console
    throw new BotApiError({ error_code: 504, status: 200, description: message });
  });
}

const hasButton = ({ reply_markup }: Message, data: string) =>
  reply_markup?.inline_keyboard
    .flat()
    .some((button) => "callback_data" in button && button.callback_data === data);

/** The parameters of a message that it may have; an empty one counts as missing. */
function optionsOf(query: URLSearchParams) {
  const [caption, media_group_id, reply_to] = ["caption", "media_group_id", "reply_to"].map(
    (name) => query.get(name) || undefined,
  );
  return {
    ...(caption && { caption }),
    ...(media_group_id && { media_group_id }),
    ...(reply_to && { reply_to: Number(reply_to) }),
  };
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
