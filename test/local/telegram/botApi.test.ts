import { createServer } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Message } from "@grammyjs/types";
import { listen } from "@keepsake/local/embedded/listen";
import { remotePhone } from "@keepsake/local/embedded/telegram/remotePhone";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { png } from "../../support/images.ts";
import { type Answer, rawBot } from "./botWithoutLibrary.ts";

let picture: Buffer;
beforeAll(async () => {
  picture = await png(16);
});

const refused = (description: string) => ({
  status: 400,
  description: `Bad Request: ${description}`,
});
const multipart = (fields: Record<string, string | File>) => {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return { method: "POST", body };
};

describe("the Bot API", () => {
  test("takes parameters in the query, a form, JSON and multipart, and method names in any case", async () => {
    const { base, phone, request } = await rawBot();
    phone.sendText("hello");
    const markup = JSON.stringify({ inline_keyboard: [[{ text: "B", callback_data: "b" }]] });
    const form = new URLSearchParams({ chat_id: "9", text: "{form", reply_markup: markup });
    const json = JSON.stringify({ chat_id: "9", text: "json", reply_markup: markup });
    const type = { "content-type": "application/json; charset=utf-8" };
    const answers = [
      await request("SENDMESSAGE?chat_id=9&text=query+text"),
      await request("sendMessage", { method: "POST", body: form }),
      await request("sendmessage", { method: "POST", headers: type, body: json }),
      await request(
        "sendMessage?chat_id=9",
        multipart({ text: "multi\r\npart", reply_markup: markup }),
      ),
    ];
    expect(answers.map(({ result }) => result.text)).toEqual([
      ...["query text", "{form", "json", "multi\r\npart"],
    ]);
    const shown = { inline_keyboard: [[{ text: "B", callback_data: "b" }]] };
    for (const { result } of answers.slice(1)) expect(result.reply_markup).toEqual(shown);
    expect(base).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/bot\d+:[\w-]{35}$/);
  });

  test("answers Telegram's errors to what is not a call", async () => {
    const { base, request, telegram } = await rawBot();
    const json = (body: BodyInit) =>
      request("sendMessage", {
        method: "POST",
        body,
        headers: { "content-type": "application/json" },
      });
    expect(await json("[1]")).toEqual(refused("JSON object expected"));
    expect((await json('{"chat_id": 1')).status).toBe(400);
    expect(await json(Buffer.from('{"text": "\xff"}', "latin1"))).toEqual(
      refused("strings must be encoded in UTF-8"),
    );
    const form = {
      method: "POST",
      body: "--x\r\n",
      headers: { "content-type": "multipart/form-data" },
    };
    expect((await request("sendPhoto", form)).status).toBe(400);
    form.headers["content-type"] += "; boundary=x";
    expect((await request("sendPhoto", form)).status).toBe(400);
    expect(await request("noSuchMethod")).toEqual({
      status: 404,
      description: "Not Found: method not found",
    });
    expect(await request("sendVideo")).toEqual({
      status: 501,
      description: "Not Implemented: the local Telegram has no sendVideo",
    });
    const errors = ["/bot1:wrong/getMe", "/botwrong/getMe", "/getMe", "/file/bot1:x/none"].map(
      async (path) => (await fetch(telegram.api + path)).json(),
    );
    expect(await Promise.all(errors)).toEqual([
      { ok: false, error_code: 401, description: "Unauthorized" },
      { ok: false, error_code: 404, description: "Not Found" },
      { ok: false, error_code: 404, description: "Not Found" },
      { ok: false, error_code: 404, description: "Not Found" },
    ]);
    expect((await fetch(`${base}/getMe`)).headers.get("content-type")).toBe("application/json");
  });

  test.for<[string, object, string]>([
    ["sendMessage", { text: "x" }, "chat_id is empty"],
    ["sendMessage", { chat_id: 404, text: "x" }, "chat not found"],
    ["sendMessage", { chat_id: "@ann", text: "x" }, "chat not found"],
    ["sendMessage", { chat_id: 9 }, "message text is empty"],
    ["sendMessage", { chat_id: 9, text: " \n" }, "text must be non-empty"],
    ["sendMessage", { chat_id: 9, text: "x".repeat(4_097) }, "message is too long"],
    ["sendMessage", { chat_id: 9, text: "x".repeat(32_769) }, "text is too long"],
    ["sendMessage", { chat_id: 9, text: "x", parse_mode: "Word" }, "unsupported parse_mode"],
    [
      "sendMessage",
      { chat_id: 9, text: "x", reply_parameters: { message_id: 99 } },
      "message to be replied not found",
    ],
    [
      "sendMessage",
      { chat_id: 9, text: "x", reply_markup: "{" },
      "can't parse reply keyboard markup JSON object",
    ],
    ["sendMessage", { chat_id: 9, text: "x", reply_markup: [] }, "object expected as reply markup"],
    [
      "sendMessage",
      { chat_id: 9, text: "x", reply_markup: { inline_keyboard: [{}] } },
      'field "inline_keyboard" must be an Array of Arrays',
    ],
    [
      "sendMessage",
      {
        ...{ chat_id: 9, text: "x" },
        reply_markup: { inline_keyboard: [[{ text: "B", callback_data: "x".repeat(65) }]] },
      },
      "BUTTON_DATA_INVALID",
    ],
    [
      "sendMessage",
      { chat_id: 9, text: "x", entities: [null] },
      "can't parse MessageEntity: it must have a type, an offset and a length",
    ],
    [
      "sendMessage",
      { chat_id: 9, text: "x", reply_markup: `${"[".repeat(102)}${"]".repeat(102)}` },
      "the JSON is nested over 100 levels",
    ],
    ["sendPhoto", { chat_id: 9 }, "there is no photo in the request"],
    ["sendPhoto", { chat_id: 9, photo: "attach://none" }, "there is no photo in the request"],
    ["sendPhoto", { chat_id: 9, photo: "no-id" }, "wrong file identifier/HTTP URL specified"],
    [
      "sendPhoto",
      { chat_id: 9, photo: "https://example.com/a.png" },
      "failed to get HTTP URL content",
    ],
    ["sendDocument", { chat_id: 9 }, "there is no document in the request"],
    ["sendMediaGroup", { chat_id: 9 }, 'parameter "media" is required'],
    ["sendMediaGroup", { chat_id: 9, media: "[" }, "can't parse media JSON object"],
    ["sendMediaGroup", { chat_id: 9, media: {} }, "expected an Array of InputMedia"],
    [
      "sendMediaGroup",
      { chat_id: 9, media: [{ type: "photo", media: "attach://x" }] },
      "can't parse InputMedia: media not found",
    ],
    ["editMessageText", { chat_id: 9, text: "x" }, "message identifier is not specified"],
    ["editMessageText", { chat_id: 9, message_id: 99, text: "x" }, "message to edit not found"],
    ["editMessageText", { chat_id: 9, message_id: 1, text: "x" }, "message can't be edited"],
    ["deleteMessage", { chat_id: 9, message_id: 99 }, "message to delete not found"],
    ["copyMessage", { chat_id: 9, from_chat_id: 9, message_id: 99 }, "message to copy not found"],
    [
      "forwardMessage",
      { chat_id: 9, from_chat_id: 9, message_id: 99 },
      "message to forward not found",
    ],
    ["sendChatAction", { chat_id: 9, action: "dance" }, "wrong parameter action in request"],
    [
      "answerCallbackQuery",
      { callback_query_id: "1" },
      "query is too old and response timeout expired or query ID is invalid",
    ],
    ["getFile", {}, "file_id not specified"],
    ["getFile", { file_id: "x" }, "invalid file_id"],
    ["setMyCommands", { commands: [{ command: "Big", description: "x" }] }, "BOT_COMMAND_INVALID"],
    [
      "setMyCommands",
      { commands: [{ command: "big" }] },
      "can't parse BotCommand: can't find field \"description\"",
    ],
  ])("refuses %s of %j", async ([method, parameters, description], { expect }) => {
    const { call, phone } = await rawBot();
    phone.sendText("hello");
    expect(await call(method, parameters)).toEqual(refused(description));
    expect(phone.replies()).toEqual([]);
  });

  test("refuses to write to a user who blocked the bot", async () => {
    const { call, phone } = await rawBot();
    phone.block();
    expect(await call("sendMessage", { chat_id: 9, text: "x" })).toEqual({
      status: 403,
      description: "Forbidden: bot was blocked by the user",
    });
  });
});

describe("a photo that a bot sends", () => {
  test("is in the part of its name or attached, and may be sent again by its file_id", async () => {
    const { bot, phone, request, call } = await rawBot();
    phone.sendText("hello");
    const file = new File([new Uint8Array(picture)], "ä b;c.png");
    const sent = [
      await request(
        "sendPhoto?chat_id=9",
        multipart({ photo: file, caption: "<b>x</b>", parse_mode: "HTML" }),
      ),
      await request("sendPhoto?chat_id=9", multipart({ photo: "attach://f", f: file })),
    ];
    const { photo } = sent[0]!.result;
    sent.push(await call("sendPhoto", { chat_id: 9, photo: photo[0].file_id }));
    for (const { result } of sent)
      expect(bot.files.byId(result.photo.at(-1).file_id)!.bytes).toEqual(picture);
    expect(sent[0]!.result).toMatchObject({
      ...{ caption: "x", caption_entities: [{ type: "bold", offset: 0, length: 1 }] },
    });
    expect(sent[2]!.result.photo).toEqual(photo);
    expect(await call("sendDocument", { chat_id: 9, document: photo[0].file_id })).toEqual(
      refused("can't use file of type Photo as Document"),
    );
  });

  test("is a file without a type when the end of its name says none", async () => {
    const { phone, request } = await rawBot();
    phone.sendText("hello");
    const document = new File(["x"], "a.constructor");
    const { result } = await request("sendDocument?chat_id=9", multipart({ document }));
    expect(result.document.mime_type).toBe("application/octet-stream");
  });

  test("may be at a URL of this machine", async () => {
    const { bot, phone, call } = await rawBot();
    phone.sendText("hello");
    const server = createServer(({ url }, response) => {
      if (url === "/a.png" || url === "/50%")
        response.writeHead(200, { "content-type": "image/png" }).end(picture);
      else
        response.writeHead(url === "/page" ? 200 : 404, { "content-type": "text/html" }).end("x");
    });
    onTestFinished(() => void server.close());
    const origin = `http://127.0.0.1:${await listen(server, 0)}`;
    const { result } = await call("sendPhoto", { chat_id: 9, photo: `${origin}/a.png` });
    expect(bot.files.byId(result.photo[0].file_id)!.bytes).toEqual(picture);
    const named = await call("sendDocument", { chat_id: 9, document: `${origin}/50%` });
    expect(named.result.document.file_name).toBe("50%");
    const wrong = async (path: string) => call("sendPhoto", { chat_id: 9, photo: origin + path });
    expect(await wrong("/none")).toEqual(refused("failed to get HTTP URL content"));
    expect(await wrong("/page")).toEqual(refused("wrong type of the web page content"));
  });

  test("is not read further than 5 MB from a URL, however long it is", async () => {
    const { phone, call } = await rawBot();
    phone.sendText("hello");
    let sent = 0;
    const endless = async function* () {
      for (; sent < 500; sent += 1) yield Buffer.alloc(1024 * 1024);
    };
    const server = createServer(
      (_, response) => void pipeline(endless(), response).catch(() => {}),
    );
    onTestFinished(() => void server.close());
    const photo = `http://127.0.0.1:${await listen(server, 0)}/a.png`;
    expect(await call("sendPhoto", { chat_id: 9, photo })).toEqual(
      refused("failed to get HTTP URL content"),
    );
    expect(sent).toBeLessThan(100);
  });

  test("must be a picture of at most 10 MiB with a caption of at most 1024 characters", async () => {
    const { phone, request } = await rawBot();
    phone.sendText("hello");
    const send = (bytes: Uint8Array<ArrayBuffer>, caption = "") =>
      request("sendPhoto?chat_id=9", multipart({ photo: new File([bytes], "a.png"), caption }));
    expect(await send(Buffer.from("text"))).toEqual(refused("IMAGE_PROCESS_FAILED"));
    expect(await send(Buffer.alloc(0))).toEqual(refused("file must be non-empty"));
    const large = 10 * 1024 * 1024 + 1;
    expect(await send(Buffer.alloc(large))).toEqual(
      refused(
        `file of size ${large} bytes is too big for a photo; the maximum size is 10485760 bytes`,
      ),
    );
    expect(await send(new Uint8Array(picture), "x".repeat(1_025))).toEqual(
      refused("message caption is too long"),
    );
    expect(await send(Buffer.alloc(52 * 1024 * 1024))).toEqual({
      status: 413,
      description: "Request Entity Too Large",
    });
  });
});

describe("a message of a bot", () => {
  test("is edited with Telegram's errors, and loses its buttons when the edit names none", async () => {
    const { call, phone } = await rawBot();
    phone.sendText("hello");
    const reply_markup = { inline_keyboard: [[{ text: "B", callback_data: "b" }]] };
    const { result } = await call("sendMessage", { chat_id: 9, text: "one", reply_markup });
    const { message_id } = result;
    const edit = (method: string, change: object) =>
      call(method, { chat_id: 9, message_id, ...change });
    const same = refused(
      "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
    );
    expect(await edit("editMessageText", { text: "one", reply_markup })).toEqual(same);
    expect((await edit("editMessageText", { text: "two" })).result).toEqual({
      ...{ message_id, chat: result.chat, from: result.from, date: result.date, text: "two" },
      edit_date: expect.any(Number),
    });
    expect(await edit("editMessageText", { text: "two" })).toEqual(same);
    expect((await edit("editMessageReplyMarkup", { reply_markup })).result.reply_markup).toEqual(
      reply_markup,
    );
    expect(await edit("editMessageCaption", { caption: "x" })).toEqual(
      refused("there is no caption in the message to edit"),
    );
    expect(await edit("editMessageText", { text: "x".repeat(4_097) })).toEqual(
      refused("MESSAGE_TOO_LONG"),
    );
  });

  test("has in its copy the content alone, and in its forward where it is from", async () => {
    const { call, phone } = await rawBot();
    const { message_id } = phone.sendPhoto(picture, { caption: "mine" });
    const from = { chat_id: 9, from_chat_id: 9, message_id };
    expect((await call("copyMessage", from)).result).toEqual({ message_id: message_id + 1 });
    expect(phone.replies()[0]).toMatchObject({ caption: "mine", photo: expect.any(Array) });
    expect(phone.replies()[0]).not.toHaveProperty("forward_origin");
    expect((await call("forwardMessage", from)).result).toMatchObject({
      ...{ caption: "mine", forward_origin: { type: "user", sender_user: { id: 9 } } },
    });
  });
});

test.for([
  [{ caption: "new" }, { caption: "new" }],
  [{ caption: "" }, {}],
  [{}, { caption: "/mine", caption_entities: [{ type: "bot_command", offset: 0, length: 5 }] }],
] as const)(
  "copyMessage with %j in place of a caption with entities has %j",
  async ([change, expected], { expect }) => {
    const { call, phone } = await rawBot();
    phone.sendText("hello");
    const file = { file_name: "a.txt", mime_type: "text/plain" };
    const photo = phone.sendPhoto(picture).photo!.at(-1)!.file_id;
    const document = phone.sendDocument(Buffer.from("x"), file).document!.file_id;
    for (const [method, content] of [
      ["sendPhoto", { photo }],
      ["sendDocument", { document }],
    ] as const) {
      const { result } = await call(method, { chat_id: 9, ...content, caption: "/mine" });
      const { message_id } = result;
      await call("copyMessage", { chat_id: 9, from_chat_id: 9, message_id, ...change });
      const { caption, caption_entities } = phone.replies().at(-1) as Message.CaptionableMessage;
      expect({ caption, caption_entities }).toEqual(expected);
    }
  },
);

test("a bot keeps its commands by scope and language", async () => {
  const { call } = await rawBot();
  const commands = [{ command: "/start", description: "Begins" }];
  expect(await call("setMyCommands", { commands: JSON.stringify(commands) })).toMatchObject({
    result: true,
  });
  const kept = { status: 200, result: [{ command: "start", description: "Begins" }] };
  expect(await call("getMyCommands")).toEqual(kept);
  expect(await call("getMyCommands", { scope: { type: "default" } })).toEqual(kept);
  expect(await call("getMyCommands", { language_code: "de" })).toEqual({ status: 200, result: [] });
  await call("deleteMyCommands");
  expect(await call("getMyCommands")).toEqual({ status: 200, result: [] });
});

test("bots have files, chats and updates of their own", async () => {
  const { telegram, bot, phone, call } = await rawBot();
  const other = await telegram.openBot("Other_Bot");
  expect(await telegram.openBot("other_bot")).toBe(other);
  const { photo } = phone.sendPhoto(picture);
  const base = `${telegram.api}/bot${other.token}`;
  const ask = async (path: string) => (await fetch(`${base}/${path}`)).json();
  expect(await ask("getUpdates")).toEqual({ ok: true, result: [] });
  expect(await ask(`getFile?file_id=${photo![0]!.file_id}`)).toMatchObject({ error_code: 400 });
  expect(await ask("sendMessage?chat_id=9&text=x")).toMatchObject({ error_code: 400 });
  expect((await call("getUpdates")).result).toHaveLength(1);
  expect(bot.token).not.toBe(other.token);
});

test("the stand-in keeps the last 1,000 calls of a bot", async () => {
  const { bot, call } = await rawBot();
  await call("getChat", { chat_id: 1 });
  for (let count = 0; count < 1_000; count += 1) await call("getMe");
  expect(bot.calls).toHaveLength(1_000);
  expect(new Set(bot.calls.map(({ method }) => method))).toEqual(new Set(["getMe"]));
});

test("a phone sends at most 4,096 characters and files of at most 51 MiB", async () => {
  const { telegram, bot, phone } = await rawBot();
  const tooLong = "the text is over 4096 characters: send it as several messages";
  expect(phone.sendText("x".repeat(4_096)).text).toHaveLength(4_096);
  expect(() => phone.sendText("x".repeat(4_097))).toThrow(tooLong);
  const remote = remotePhone(telegram.api, { id: 9, first_name: "Ann" }, bot.name);
  await expect(remote.sendText("x".repeat(4_097))).rejects.toThrow(tooLong);
  const large = new Uint8Array(51 * 1024 * 1024 + 1);
  await expect(remote.sendPhoto(large)).rejects.toThrow("Request Entity Too Large");
});

test("a new bot has a name that Telegram would take", async () => {
  const { telegram } = await rawBot();
  const open = async (query: string) =>
    (await (await fetch(`${telegram.api}/bots?${query}`, { method: "POST" })).json()) as Answer;
  const { result } = await open("name=shop_bot");
  expect(result).toEqual({ username: "shop_bot", token: expect.stringMatching(/^\d+:[\w-]{35}$/) });
  expect((await open("name=shop_bot")).result).toEqual(result);
  for (const query of [
    "",
    "name=shop",
    "name=a+bot",
    "name=__proto__",
    `name=${"x".repeat(30)}bot`,
  ])
    expect(await open(query)).toMatchObject({ ok: false, error_code: 400 });
});
