import { decodeUtf8 } from "@keepsake/contract/storableText";
import { badRequest } from "./botApiError.ts";
import { type Attachment, parseMultipart } from "./parseMultipart.ts";

export type Parameters = Record<string, unknown>;
export type Attachments = ReadonlyMap<string, Attachment>;

/** The parameters are in the query, a form or JSON; a parameter of the query comes before one of the body. */
export function parseParameters(url: URL, type = "", body: Buffer) {
  const { fields, attached } = parseBody(type, body);
  const parameters: Parameters = { ...fields, ...Object.fromEntries(url.searchParams) };
  return { parameters, attached };
}

function parseBody(type: string, body: Buffer): { fields: Parameters; attached: Attachments } {
  const kind = type.toLowerCase();
  if (kind.startsWith("multipart/form-data")) {
    const { fields, attached } = parseMultipart(type, body);
    return { fields: Object.fromEntries(fields), attached };
  }
  const text = decodeUtf8(body);
  if (text === undefined) throw badRequest("strings must be encoded in UTF-8");
  if (kind.startsWith("application/json")) return { fields: parseObject(text), attached: noFiles };
  const isForm = kind.startsWith("application/x-www-form-urlencoded");
  const fields = Object.fromEntries(new URLSearchParams(isForm ? text : ""));
  return { fields, attached: noFiles };
}

const noFiles: Attachments = new Map();

function parseObject(text: string): Parameters {
  if (text === "") return {};
  if (!text.trimStart().startsWith("{")) throw badRequest("JSON object expected");
  return parseJson(text, "can't parse parameter value: the JSON is not valid") as Parameters;
}

/** Refuses values that are nested over 100 levels, as Telegram does: to write or compare them would exhaust the stack. */
function parseJson(text: string, reason: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest(reason);
  }
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > 100) throw badRequest("the JSON is nested over 100 levels");
    level = level.flatMap((each) => (isObject(each) ? Object.values(each) : []));
  }
  return value;
}

/** Whether a value of JSON is an object or a list. */
export const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null;

/** A parameter as text: a string or a number, and empty for anything else. */
export const textOf = (value: unknown) =>
  /^(string|number)$/.test(typeof value) ? `${value}` : "";

export const isTrue = (value: unknown) => value === true || /^(true|yes|1)$/i.test(textOf(value));

/** A parameter as an integer within the limits; the default when it is missing, 0 when it is not a number. */
export function integerOf(value: unknown, fallback: number, min = -(2 ** 31), max = 2 ** 31 - 1) {
  if (value === undefined || value === "") return fallback;
  return Math.min(max, Math.max(min, Math.trunc(Number(textOf(value))) || 0));
}

/** A parameter that is an object or a list: in forms, and if the caller likes in JSON, it is a string of JSON. */
export function jsonOf(value: unknown, what: string): unknown {
  if (value === "" || value === null) return undefined; // not sent
  return typeof value === "string" ? parseJson(value, `can't parse ${what} JSON object`) : value;
}

/** A list of JSON; undefined when the parameter is missing. `names` is what Telegram calls its items. */
export function listOf(value: unknown, what: string, names: string): unknown[] | undefined {
  const list = jsonOf(value, what);
  if (list !== undefined && !Array.isArray(list)) throw badRequest(`expected an Array of ${names}`);
  return list;
}
