import { badRequest } from "./botApiError.ts";
import { formattedText } from "./formatting/parseFormattedText.ts";
import { type Parameters, textOf } from "./requestParameters.ts";

/** The errors of a text that is too long: Telegram names them otherwise when a message is edited. */
type TooLong = { text: string; caption: string };
const whenSent: TooLong = { text: "message is too long", caption: "message caption is too long" };
export const whenEdited: TooLong = { text: "MESSAGE_TOO_LONG", caption: "MEDIA_CAPTION_TOO_LONG" };

/** The text of a message with its entities. Throws Telegram's error when it is empty, blank or too long. */
export function textContentOf({ text, parse_mode, entities }: Parameters, tooLong = whenSent) {
  if (textOf(text) === "") throw badRequest("message text is empty");
  const formatted = formattedText({ text, parse_mode, entities });
  if (formatted.text === "") throw badRequest("text must be non-empty");
  if (formatted.text.length > 4_096) throw badRequest(tooLong.text);
  return {
    text: formatted.text,
    ...(formatted.entities.length > 0 && { entities: formatted.entities }),
  };
}

/** The caption of a photo or document with its entities; nothing when it has none. */
export function captionOf(
  { caption, parse_mode, caption_entities: entities }: Parameters,
  tooLong = whenSent,
) {
  const formatted = formattedText({ text: caption, parse_mode, entities });
  if (formatted.text === "") return {};
  if (formatted.text.length > 1_024) throw badRequest(tooLong.caption);
  return {
    caption: formatted.text,
    ...(formatted.entities.length > 0 && { caption_entities: formatted.entities }),
  };
}
