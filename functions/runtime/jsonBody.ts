import { AppError } from "@keepsake/contract/errors";
import { decodeUtf8 } from "@keepsake/contract/storableText";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

type Body = Pick<APIGatewayProxyEventV2, "body" | "isBase64Encoded" | "headers">;

export const notJson = () =>
  new AppError("body.not_json", "Send JSON with content-type: application/json");

export const malformed = () =>
  new AppError("body.malformed", "The body is missing, or is not valid JSON in UTF-8");

/** Rejects a body that is not UTF-8: its text would be stored with other characters than were sent. */
export function requireUtf8({ event }: { event: Body }) {
  bodyText(event);
}

/**
 * The body as text. A gateway passes a body that is not UTF-8 in base64, or with a U+FFFD in place of the
 * wrong bytes: then its length has changed.
 */
function bodyText({ body = "", isBase64Encoded, headers }: Body): string {
  if (isBase64Encoded) {
    const text = decodeUtf8(Buffer.from(body, "base64"));
    if (text === undefined) throw malformed();
    return text;
  }
  const sentBytes = headers["content-length"];
  const isSameLength = sentBytes === undefined || Number(sentBytes) === Buffer.byteLength(body);
  if (body.includes("\ufffd") && !isSameLength) throw malformed();
  return body;
}

/**
 * The JSON of a body, with whatever keys. A key such as `__proto__` is a property like any other; code that
 * copies it into another object could change that object's prototype.
 */
export function parseAnyJson(event: Body): unknown {
  if (!jsonType.test(event.headers["content-type"] ?? "")) throw notJson();
  const text = bodyText(event);
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

/** The same types as the other routes accept. */
const jsonType = /^application\/([a-z0-9.+-]+\+)?json(;|$)/i;
