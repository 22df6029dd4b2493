import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "@keepsake/client";
import { limits } from "@keepsake/contract/limits";
import { remotePhone } from "@keepsake/local/embedded/telegram/remotePhone";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { chunk, chunksOf, png, pngOf } from "../support/images.ts";
import { test, until } from "../support/stackWithPlatforms.ts";

describe("the caption of a Telegram picture", () => {
  test("becomes the image's caption, also in place of a generator's prompt", async ({
    sender: { phone, client },
  }) => {
    phone.sendPhoto(await png(64, "#110000"), { caption: " My cat\nin May " });
    await phone.waitForReply(10_000);
    expect((await imagesOf(client))[0]?.caption).toBe("My cat\nin May");

    const [first, ...rest] = chunksOf(await png(64, "#220000"));
    const prompt = chunk("tEXt", Buffer.from("parameters\0a red fox"));
    const bytes = pngOf(
      chunk(first!.type, first!.data),
      prompt,
      ...rest.map(({ type, data }) => chunk(type, data)),
    );
    const file = { file_name: "fox.png", mime_type: "image/png" };
    phone.sendDocument(bytes, { ...file, caption: "A fox" });
    await phone.waitForReply(10_000);
    expect((await imagesOf(client))[0]?.caption).toBe("A fox");
  });

  test("is cut and cleaned: the picture is stored whatever it says", async ({
    telegram,
    sender: { phone, client },
  }) => {
    const start = "a".repeat(limits.caption_chars - 1);
    for (const [index, [sent, kept]] of [
      [`${start}🦊`, start],
      ["one\0two \ud83d", "onetwo \ufffd"],
      ["\0 ", null],
      [7, null],
    ].entries()) {
      const message = phone.sendText("hello");
      const { file_path: _, ...file } = telegram.addFile(await png(64, `#33000${index}`));
      const photo = [{ ...file, width: 64, height: 64 }];
      const update = {
        update_id: 1,
        message: { ...message, text: undefined, photo, caption: sent },
      };
      expect(await telegram.post(update as never)).toBe(200);
      await phone.waitForReply(10_000);
      expect((await imagesOf(client))[0]?.caption).toBe(kept);
    }
  });

  test("that comes later, with the picture again or in an edit, fills an empty caption only", async ({
    sender: { phone, client },
  }) => {
    const bytes = await png(64, "#440000");
    const message = phone.sendPhoto(bytes);
    const { text: url } = await phone.waitForReply(10_000);
    const caption = async () => (await imagesOf(client)).map((image) => image.caption);
    expect(await caption()).toEqual([null]);

    phone.sendPhoto(bytes, { caption: "First" });
    expect((await phone.waitForReply(10_000)).text).toBe(url);
    expect(await caption()).toEqual(["First"]);

    phone.sendPhoto(bytes, { caption: "Second" });
    expect((await phone.waitForReply(10_000)).text).toBe(url);
    phone.sendAlbum([bytes], { caption: "In an album" });
    expect((await phone.waitForReply(10_000)).text).toBe(url);
    expect(await caption()).toEqual(["First"]);

    const { image_id } = (await imagesOf(client))[0]!;
    await client.updateImage({ image_id, caption: null });
    phone.editCaption(message, "Third");
    await until(async () => (await caption())[0] === "Third");
    phone.editCaption(message, "Fourth");
    await sleep(300);
    expect(await caption()).toEqual(["Third"]);
  });
});

describe("a Telegram album", () => {
  test("puts one tag on all its pictures, and each gets one reply", async ({
    sender: { phone, client },
  }) => {
    const photos = await Promise.all(
      Array.from({ length: 10 }, (_, index) => png(64, `#0055${index}0`)),
    );
    phone.sendAlbum(photos, { caption: "A trip" });
    for (const _ of photos) await phone.waitForReply(15_000);
    phone.sendAlbum([await png(64, "#006600"), photos[0]!]);
    for (const _ of [1, 2]) await phone.waitForReply(10_000);
    await sleep(300);

    expect(phone.replies()).toHaveLength(12);
    expect(new Set(phone.replies().map(({ text }) => text)).size).toBe(11);
    const images = await imagesOf(client);
    expect(images).toHaveLength(11);
    const tags = [...new Set(images.flatMap((image) => image.tags))];
    expect(tags).toEqual(Array(2).fill(expect.stringMatching(/^album-[0-9a-f]{12}$/)));
    const tagged = await Promise.all(tags.map((tag) => client.listImages({ tag })));
    expect(tagged.map((page) => page.images.length).sort()).toEqual([10, 2].sort());
    expect(images.filter(({ caption }) => caption === "A trip")).toHaveLength(1);
  });

  test("adds no tag to a picture that has as many as it may", async ({
    sender: { phone, client },
  }) => {
    const bytes = await png(64, "#007700");
    phone.sendPhoto(bytes);
    await phone.waitForReply(10_000);
    const { image_id } = (await imagesOf(client))[0]!;
    const tags = Array.from({ length: limits.tags_per_image }, (_, index) => `tag ${index}`);
    await client.updateImage({ image_id, tags });
    phone.sendAlbum([bytes]);
    await phone.waitForReply(10_000);
    expect((await imagesOf(client))[0]?.tags).toEqual(tags);
  });
});

describe("a reply to a picture", () => {
  test("in a private chat stores the picture for the sender of the reply", async ({
    telegram,
    sender: { phone, client, owner_id },
  }) => {
    const original = await photoOf(telegram, "#000088", { caption: "By someone else" });
    const reply = phone.sendText("keep this");
    telegram.deliver({
      message: { ...reply, message_id: 900, reply_to_message: original } as never,
    });
    const { text } = await phone.waitForReply(10_000);

    const [image, ...others] = await imagesOf(client);
    expect(image).toMatchObject({ url: text, caption: "By someone else", status: "published" });
    expect(others).toEqual([]);
    expect(owner_id).toMatch(/^telegram:/);
  });

  test("stores the picture of a message in another chat, too", async ({
    telegram,
    sender: { phone, client },
  }) => {
    const { photo } = await photoOf(telegram, "#000099");
    const external_reply = { origin: { type: "hidden_user", date: 1 }, photo };
    const reply = phone.sendText("and this");
    telegram.deliver({ message: { ...reply, message_id: 901, external_reply } as never });
    await phone.waitForReply(10_000);
    expect(await imagesOf(client)).toHaveLength(1);
  });

  test("with a picture of its own stores only that one", async ({
    telegram,
    sender: { phone, client },
  }) => {
    const sent = phone.sendPhoto(await png(64, "#0000aa"));
    await phone.waitForReply(10_000);
    const original = await photoOf(telegram, "#0000bb");
    const { photo } = await photoOf(telegram, "#0000cc");
    telegram.deliver({
      message: { ...sent, photo, message_id: 902, reply_to_message: original } as never,
    });
    await phone.waitForReply(10_000);
    await sleep(300);
    expect(await imagesOf(client)).toHaveLength(2);
  });

  test("of one's own is answered with its URL again", async ({ sender: { phone, client } }) => {
    const { message_id } = phone.sendPhoto(await png(64, "#0000dd"));
    const { text } = await phone.waitForReply(10_000);
    phone.sendText("where is it?", { reply_to: message_id });
    expect((await phone.waitForReply(10_000)).text).toBe(text);
    expect(await imagesOf(client)).toHaveLength(1);
  });

  test("in a group stores nothing, and a command stays a command", async ({
    stack,
    telegram,
    sender: { phone },
  }) => {
    const reply_to_message = await photoOf(telegram, "#0000ee");
    const { from, date } = phone.sendText("hello");
    const count = () => stack.sql`select count(*) from images`;
    const before = await count();
    const group = { id: -100_900, type: "supergroup", title: "A group" };
    const inGroup = { message_id: 903, date, from, chat: group, text: "nice", reply_to_message };
    expect(await telegram.post({ update_id: 1, message: inGroup } as never)).toBe(200);

    const command = { ...phone.sendText("hi"), text: "/unlink", message_id: 904, reply_to_message };
    telegram.deliver({ message: command as never });
    expect((await phone.waitForReply(10_000)).text).toBe("This account is no longer linked.");
    expect(await count()).toEqual(before);
  });

  test("whose original has another shape than Telegram documents is no error", async ({
    telegram,
    sender: { phone },
  }) => {
    const message = { ...phone.sendText("hi"), text: "/unlink", message_id: 905 };
    const update = { update_id: 1, message: { ...message, reply_to_message: { photo: "none" } } };
    expect(await telegram.post(update as never)).toBe(200);
    expect((await phone.waitForReply(10_000)).text).toBe("This account is no longer linked.");
  });
});

describe("a document", () => {
  test.for(["png", "jpeg", "webp", "gif", "avif"] as const)(
    "that is a %s is stored",
    async (format, { sender: { phone, client } }) => {
      const bytes = await sharp(await png(64, "#123456"))
        .toFormat(format)
        .toBuffer();
      phone.sendDocument(bytes, { file_name: `a.${format}`, mime_type: `image/${format}` });
      const { text } = await phone.waitForReply(15_000);
      expect((await imagesOf(client))[0]).toMatchObject({ url: text, status: "published" });
    },
  );

  test("over 20 MB is answered with the reason", async ({ sender: { phone, client } }) => {
    const bytes = Buffer.concat([await png(64), Buffer.alloc(21 * 1024 * 1024)]);
    phone.sendDocument(bytes, { file_name: "a.png", mime_type: "image/png" });
    const { text } = await phone.waitForReply(10_000);
    expect(text).toBe("This picture could not be stored. The image is over 20 MB.");
    expect((await imagesOf(client)).map(({ status }) => status)).toEqual(["rejected"]);
  });
});

test("a phone in another process sends captions, albums, documents and replies", async ({
  telegram,
  sender: { owner_id, client },
}) => {
  const phone = remotePhone(telegram.api, {
    id: Number(owner_id.split(":")[1]),
    first_name: "Mira",
  });
  const bytes = async (colour: string) => new Uint8Array(await png(64, colour));
  const album = { media_group_id: "77" };
  const sent = await phone.sendPhoto(await bytes("#aa0001"), { caption: "One", ...album });
  await phone.waitForReply(10_000);
  const file = { file_name: "two.png", mime_type: "image/png", ...album };
  await phone.sendDocument(await bytes("#aa0002"), file);
  const { text } = await phone.waitForReply(10_000);
  await phone.sendText("again", { reply_to: sent.message_id });
  expect((await phone.waitForReply(10_000)).text).not.toBe(text);

  const images = await imagesOf(client);
  expect(images.map(({ caption }) => caption)).toEqual([null, "One"]);
  expect(images[0]!.tags).toEqual(images[1]!.tags);
  await expect(phone.sendText("again", { reply_to: 1 })).rejects.toThrow("not found");
});

const imagesOf = async (client: Client) => (await client.listImages()).images;

/** Another user's message with a photo, as a reply contains it. */
async function photoOf(
  telegram: { addFile(bytes: Buffer): { file_path: string } },
  colour: string,
  more: object = {},
) {
  const { file_path: _, ...file } = telegram.addFile(await png(64, colour));
  const from = { id: 9_999, is_bot: false, first_name: "Ann" };
  const chat = { id: 9_999, type: "private", first_name: "Ann" };
  const photo = [{ ...file, width: 64, height: 64 }];
  return { message_id: 899, date: 1, from, chat, photo, ...more };
}
