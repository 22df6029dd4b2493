import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { png } from "../../support/images.ts";
import { rawBot } from "./botWithoutLibrary.ts";

const message = { chat_id: 9, text: "x" };
const edited = { chat_id: 9, message_id: "the id of a message" };
const reply_markup = { inline_keyboard: [[{ text: "B", callback_data: "b" }]] };
const placed = { reply_parameters: { message_id: 1 }, reply_to_message_id: 1, reply_markup };
const caption = { caption: "x", parse_mode: "", caption_entities: [] };
const commands = [{ command: "start", description: "Begins" }];
const scope = { type: "chat", chat_id: 9 };

/** Parameters that each method accepts, with names of ids that `textOf` replaces. */
const accepted: Record<string, object> = {
  getMe: {},
  getUpdates: { timeout: 0, offset: 0, limit: 1, allowed_updates: [] },
  setWebhook: {
    ...{ url: "", secret_token: "x", max_connections: 1 },
    ...{ allowed_updates: [], drop_pending_updates: false },
  },
  deleteWebhook: { drop_pending_updates: false },
  getWebhookInfo: {},
  getFile: { file_id: "x" },
  sendMessage: { ...message, parse_mode: "", entities: [], ...placed, protect_content: false },
  sendPhoto: { chat_id: 9, photo: "the id of a photo", ...caption, ...placed, has_spoiler: false },
  sendDocument: { chat_id: 9, document: "the id of a document", ...caption, ...placed },
  sendMediaGroup: {
    chat_id: 9,
    media: [{ type: "photo", media: "the id of a photo", ...caption }],
    ...placed,
  },
  copyMessage: { chat_id: 9, from_chat_id: 9, message_id: 1, ...caption, ...placed },
  forwardMessage: { chat_id: 9, from_chat_id: 9, message_id: 1, protect_content: false },
  editMessageText: { ...edited, text: "x", parse_mode: "", entities: [], reply_markup },
  editMessageCaption: { ...edited, ...caption, reply_markup },
  editMessageReplyMarkup: { ...edited, inline_message_id: "x", reply_markup },
  deleteMessage: { ...edited },
  deleteMessages: { chat_id: 9, message_ids: [1] },
  sendChatAction: { chat_id: 9, action: "typing" },
  answerCallbackQuery: { callback_query_id: "x" },
  setMyCommands: { commands, scope, language_code: "en" },
  getMyCommands: { scope, language_code: "en" },
  deleteMyCommands: { scope, language_code: "en" },
  getChat: { chat_id: 9 },
};

const deep = "20,000 lists in each other";
const wrong: unknown[] = [
  ...[null, true, 0, -1, 1.5, 1e99, "", "x", "%", "@x", "{", "null", "1", "[null]", '{"type":1}'],
  ...[deep, "attach://x", "http://127.0.0.1:1/%", "html", "constructor", "__proto__", [], {}],
];
/** Where a parameter has a wrong value: itself, or something in it. */
const places: ((value: unknown) => unknown)[] = [
  (value) => value,
  (value) => [value],
  (value) => [[value]],
  (value) => ({ type: value, message_id: value, inline_keyboard: value, keyboard: value }),
  (value) => ({ inline_keyboard: [value] }),
  (value) => ({ inline_keyboard: [[value]] }),
  (value) => ({ inline_keyboard: [[{ text: value, callback_data: value }]] }),
  (value) => ({ inline_keyboard: [[{ text: "B", url: value }]] }),
  (value) => ({ type: "chat", chat_id: value }),
  (value) => [{ type: value, offset: value, length: value, url: value }],
  (value) => [{ type: "bold", offset: 0, length: 1, user: value }],
  (value) => [{ type: "photo", media: "the id of a photo", ...caption, caption_entities: value }],
  (value) => [{ type: "photo", media: value, caption: value, caption_entities: value }],
  (value) => [{ type: "document", media: "the id of a document", caption_entities: [value] }],
  (value) => [{ command: value, description: value }],
];

test("the methods of this file are those that the stand-in speaks", () => {
  const folder = join(import.meta.dirname, "../../../packages/local/embedded/telegram");
  const [, spoken = ""] = readFileSync(join(folder, "README.md"), "utf8").split("## Methods");
  const names = [...spoken.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(Object.keys(accepted)).toEqual(names);
});

test.for(Object.entries(accepted))(
  "%s answers no 500 to parameters of wrong types",
  async ([method, parameters], { expect }) => {
    const { phone, request } = await rawBot();
    const ids: Record<string, string> = {
      "the id of a photo": phone.sendPhoto(await png(16)).photo![0]!.file_id,
      "the id of a document": phone.sendDocument(Buffer.from("x"), textFile).document!.file_id,
    };
    for (const [name, right] of Object.entries(parameters))
      for (const place of typeof right === "object" ? places : places.slice(0, 2))
        for (const value of wrong) {
          phone.sendText("hello");
          if (method.startsWith("edit")) {
            const { result } = await request("sendMessage?chat_id=9&text=own");
            ids["the id of a message"] = result.message_id;
          }
          const body = textOf({ ...parameters, [name]: place(value) }, ids);
          const headers = { "content-type": "application/json" };
          const { status } = await request(method, { method: "POST", headers, body });
          expect.soft(status, body.slice(0, 200)).toBeLessThan(500);
        }
  },
);

const textFile = { file_name: "a.txt", mime_type: "text/plain" };

/** The JSON of parameters, of which JSON.stringify cannot write the deep one. */
function textOf(parameters: object, ids: Record<string, string>): string {
  let text = JSON.stringify(parameters);
  for (const [name, id] of Object.entries(ids)) text = text.replaceAll(name, id);
  return text.replaceAll(JSON.stringify(deep), `${"[".repeat(20_000)}${"]".repeat(20_000)}`);
}
