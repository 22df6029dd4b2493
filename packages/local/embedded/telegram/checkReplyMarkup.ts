import type { InlineKeyboardMarkup } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import { jsonOf, textOf } from "./requestParameters.ts";

/** Checks `reply_markup`. Returns it when it is an inline keyboard, which alone is shown in the message. */
export function inlineKeyboardOf(value: unknown): InlineKeyboardMarkup | undefined {
  const markup = jsonOf(value, "reply keyboard markup");
  if (markup === undefined) return undefined;
  if (typeof markup !== "object" || markup === null || Array.isArray(markup))
    throw badRequest("object expected as reply markup");
  const { inline_keyboard, keyboard } = markup as Record<string, unknown>;
  if (keyboard !== undefined) rowsOf(keyboard, "keyboard");
  if (inline_keyboard === undefined) return undefined;
  const rows = rowsOf(inline_keyboard, "inline_keyboard");
  for (const button of rows.flat()) checkButton(button);
  return rows.flat().length > 0 ? (markup as InlineKeyboardMarkup) : undefined;
}

function rowsOf(value: unknown, field: string): unknown[][] {
  if (!Array.isArray(value) || !value.every(Array.isArray))
    throw badRequest(`field "${field}" must be an Array of Arrays`);
  return value;
}

function checkButton(button: unknown) {
  const cannot = "can't parse inline keyboard button: ";
  if (typeof button !== "object" || button === null)
    throw badRequest(`${cannot}InlineKeyboardButton must be an Object`);
  const { text, callback_data, ...rest } = button as Record<string, unknown>;
  if (typeof text !== "string") throw badRequest(`${cannot}can't find field "text"`);
  if (callback_data === undefined && !actions.some((action) => action in rest))
    throw badRequest(`${cannot}text buttons are unallowed in the inline keyboard`);
  if (callback_data === undefined) return;
  const bytes = Buffer.byteLength(textOf(callback_data));
  if (bytes === 0 || bytes > 64) throw badRequest("BUTTON_DATA_INVALID");
}

/** What a button may do, besides sending its data. */
const actions = [
  ...["url", "web_app", "login_url", "copy_text", "callback_game", "pay"],
  ...["switch_inline_query", "switch_inline_query_current_chat", "switch_inline_query_chosen_chat"],
];
