import { randomUUID } from "node:crypto";
import { type Route, type RouteName, routes } from "@keepsake/contract/routes";

/** The service key of every database of a run. */
export const serviceKey = { key_id: "0123456789abcdef", secret: "0".repeat(64) };

/** A request as API Gateway passes it to a function; by default each is for another user. */
export function apiEvent(
  name: RouteName,
  {
    body,
    headers,
    path: pathParameters,
    sub = randomUUID(),
  }: { body?: object; headers?: object; path?: Record<string, string>; sub?: string } = {},
) {
  const { method, path }: Route = routes[name];
  return {
    version: "2.0",
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: "",
    headers: {
      authorization: `Bearer ks_${serviceKey.key_id}_${serviceKey.secret}`,
      "keepsake-owner": sub,
      "content-type": "application/json",
      ...headers,
    },
    requestContext: {
      requestId: randomUUID(),
      http: { method, path },
    },
    ...(pathParameters && { pathParameters }),
    ...(body && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

/** A batch of messages as SQS passes it to a function. */
export const sqsEvent = (messages: object[]) => ({
  Records: messages.map((message) => ({
    messageId: randomUUID(),
    body: JSON.stringify(message),
  })),
});

/** What a browser declares before it uploads a file. */
export const declaredFile = {
  content_type: "image/png",
  size: 500_000,
  sha256: "ab".repeat(32),
  filename: "cat.png",
};

/** Telegram's Update for a photo in three sizes. */
export function photoUpdate() {
  const photo = [90, 320, 1280].map((width) => ({
    file_id: `AgACAgIAAxkBAAIB${randomUUID()}`,
    file_unique_id: randomUUID(),
    width,
    height: width,
    file_size: width * 100,
  }));
  const user = { id: 4_242, is_bot: false, first_name: "Ada" };
  const chat = { id: 4_242, type: "private", first_name: "Ada" };
  const message = { message_id: 1, date: 1_760_000_000, from: user, chat, photo };
  return { update_id: 1, message };
}
