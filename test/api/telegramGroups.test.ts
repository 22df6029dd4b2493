import type { EmbeddedTelegram } from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { test } from "../support/stackWithPlatforms.ts";

const hint = "Send it to me in a private chat, so that I know whose it is.";
const groupAnonymousBot = { id: 1_087_968_824, is_bot: true, first_name: "Group" };
const channelBot = { id: 136_817_688, is_bot: true, first_name: "Channel" };
const telegramItself = { id: 777_000, is_bot: false, first_name: "Telegram" };
const member = { id: 1_900, is_bot: false, first_name: "Mira" };
const otherChat = { id: -100_777, type: "channel", title: "Another channel" };

let lastChat = -100_500;
const newChat = (type: "supergroup" | "channel") => {
  lastChat -= 1;
  return { id: lastChat, type, title: "A chat" };
};

describe("a picture that is sent on behalf of a chat is not stored, and the bot says once why:", () => {
  test.for<[string, "message" | "channel_post", (chat: object) => object]>([
    [
      "by an anonymous administrator",
      "message",
      (chat) => ({ from: groupAnonymousBot, sender_chat: chat }),
    ],
    ["by a channel in a group", "message", () => ({ from: channelBot, sender_chat: otherChat })],
    ["by the user that administrators share", "message", () => ({ from: groupAnonymousBot })],
    ["by the user that channels share", "message", () => ({ from: channelBot })],
    ["by Telegram itself", "message", () => ({ from: telegramItself })],
    ["by no user", "message", () => ({})],
    ["as a channel's post", "channel_post", (chat) => ({ sender_chat: chat })],
    [
      "as a channel's signed post",
      "channel_post",
      (chat) => ({ sender_chat: chat, author_signature: "Mira" }),
    ],
    ["as a channel's post without a sender", "channel_post", () => ({})],
  ])("%s", async ([, kind, senderIn], { stack, telegram }) => {
    const chat = newChat(kind === "message" ? "supergroup" : "channel");
    const [before] = await stack.sql`select count(*) from images`;
    const content = { chat, date: 1, ...senderIn(chat) };
    const update = (message_id: number, picture: object, edited = false) => ({
      update_id: message_id,
      [edited ? `edited_${kind}` : kind]: { ...content, message_id, ...picture },
    });
    const photo = { photo: await photoOf(telegram) };
    const document = { document: { ...photo.photo[0], mime_type: "image/png" } };
    telegram.deliver(update(0, { text: "Hello" }) as never); // makes the chat known to the stand-in

    for (const [id, picture] of [photo, document].entries()) {
      expect(await telegram.post(update(id + 1, picture) as never)).toBe(200);
      expect(await telegram.post(update(id + 1, picture, true) as never)).toBe(200);
    }

    const calls = telegram.calls.filter(({ parameters }) => parameters.chat_id === chat.id);
    expect(calls.map(({ parameters }) => parameters.text)).toEqual([hint, hint]);
    expect(calls.map(({ parameters }) => parameters.reply_parameters)).toEqual(
      [1, 2].map((message_id) => ({ message_id, allow_sending_without_reply: true })),
    );
    expect(await stack.sql`select count(*) from images`).toEqual([before]);
  });

  test("a channel's post that Telegram forwards to its group is ignored there", async ({
    stack,
    telegram,
  }) => {
    const chat = newChat("supergroup");
    const photo = await photoOf(telegram);
    const [before] = await stack.sql`select count(*) from images`;
    const forwarded = { is_automatic_forward: true, from: telegramItself, sender_chat: otherChat };
    const message = { message_id: 1, date: 1, chat, photo, ...forwarded };

    expect(await telegram.post({ update_id: 1, message: message as never })).toBe(200);

    expect(telegram.calls.filter(({ parameters }) => parameters.chat_id === chat.id)).toEqual([]);
    expect(await stack.sql`select count(*) from images`).toEqual([before]);
  });

  test("text without a picture gets no reply", async ({ telegram }) => {
    const chat = newChat("supergroup");
    const sender = { from: groupAnonymousBot, sender_chat: chat };
    const message = { message_id: 1, date: 1, chat, text: "/unlink", ...sender };

    expect(await telegram.post({ update_id: 1, message: message as never })).toBe(200);

    expect(telegram.calls.filter(({ parameters }) => parameters.chat_id === chat.id)).toEqual([]);
  });
});

test("a picture of a member of a group belongs to that member", async ({ stack, telegram }) => {
  const chat = newChat("supergroup");
  const photo = await photoOf(telegram);
  const message = { message_id: 1, date: 1, chat, from: member, photo };

  expect(await telegram.post({ update_id: 1, message: message as never })).toBe(200);

  const rows = await stack.sql`select 1 from images where owner_id = ${`telegram:${member.id}`}`;
  expect(rows).toHaveLength(1);
});

test("rows that an earlier release stored for all anonymous administrators stay as they are", async ({
  stack,
  telegram,
}) => {
  const chat = newChat("supergroup");
  const photo = await photoOf(telegram);
  const { file_unique_id } = photo[0]!;
  const owner_id = `telegram:${groupAnonymousBot.id}`;
  await stack.sql`
    insert into images (image_id, owner_id, platform, platform_ref, source, status, error,
                        replied_at)
    values (gen_random_uuid(), ${owner_id}, 'telegram', ${file_unique_id},
            '{"file_id": "old", "chat_id": 1, "message_id": 1}', 'failed', 'old', now())
  `;
  // other tests send the same file
  const row = () => stack.sql`
    select * from images where platform_ref = ${file_unique_id} and owner_id = ${owner_id}
  `;
  const before = await row();

  const sender = { from: groupAnonymousBot, sender_chat: chat };
  const message = { message_id: 2, date: 1, chat, photo, ...sender };
  expect(await telegram.post({ update_id: 1, message: message as never })).toBe(200);

  expect(await row()).toEqual(before);
});

async function photoOf(telegram: EmbeddedTelegram) {
  const { file_path: _, ...file } = telegram.addFile(await png(64));
  return [{ ...file, width: 64, height: 64 }];
}
