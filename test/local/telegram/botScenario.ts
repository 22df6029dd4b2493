import type { Message } from "@grammyjs/types";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { png } from "../../support/images.ts";

/**
 * The same small bot, written with a library. It answers
 *
 * - `/start` with "Keep *photos*?" in MarkdownV2, a button with the data "yes", and the action "typing" before;
 * - the button by answering the query and editing the message to "Kept";
 * - a photo with the photo it downloaded, uploaded again, with the caption "back", edited to "back again";
 * - a document with its bytes, as copy.txt;
 * - "album" with two new photos and the captions "1" and "2";
 * - each photo of an album with its `media_group_id`;
 * - "clean" by sending "gone" and deleting it, and then "clean".
 */
export type StartBot = (options: {
  api: string;
  token: string;
  pictures: Buffer[];
}) => Promise<{ stop(): Promise<void> }>;

/** Plays a user of the bot of `StartBot`. */
export function describeBot(name: string, start: StartBot) {
  describe(name, () => {
    let telegram: EmbeddedTelegram;
    let own: Awaited<ReturnType<EmbeddedTelegram["openBot"]>>;
    let bot: Awaited<ReturnType<StartBot>>;
    let pictures: Buffer[];
    let phone: ReturnType<(typeof own)["phone"]>;

    beforeAll(async () => {
      telegram = await embeddedTelegram({ port: 0, botToken: "1:system", botName: "system_bot" });
      pictures = await Promise.all(["#101010", "#202020"].map((colour) => png(16, colour)));
      own = await telegram.openBot("library_bot");
      phone = own.phone({ id: 77, first_name: "Ann" });
      bot = await start({ api: telegram.api, token: own.token, pictures });
    });
    afterAll(async () => {
      await bot?.stop();
      await telegram.stop();
    });

    test("answers a text with formatting and a button, and edits it when the button is pressed", async () => {
      phone.sendText("/start");
      const question = await phone.waitForReply(15_000);
      expect(question).toMatchObject({
        text: "Keep photos?",
        entities: [{ type: "bold", offset: 5, length: 6 }],
        reply_markup: { inline_keyboard: [[{ text: "Yes", callback_data: "yes" }]] },
      });
      expect(methods()).toContain("sendChatAction");

      phone.press("yes", question);
      await expect
        .poll(lastReply, soon)
        .toMatchObject({ message_id: question.message_id, text: "Kept" });
      expect(lastReply()).not.toHaveProperty("reply_markup");
      expect(methods()).toContain("answerCallbackQuery");
    });

    test("downloads a photo, sends it back by multipart, and edits its caption", async () => {
      phone.sendPhoto(pictures[0]!);
      const { message_id, photo } = await phone.waitForReply(15_000);
      expect(bytesOf(photo!.at(-1)!)).toEqual(pictures[0]);
      await expect
        .poll(lastReply, soon)
        .toMatchObject({ message_id, caption: "back again", photo });
    });

    test("downloads a document and sends its bytes under another name", async () => {
      const bytes = Buffer.from("\r\n--not a boundary\r\n\0\xff", "latin1");
      phone.sendDocument(bytes, { file_name: "a.txt", mime_type: "text/plain" });
      const { document } = await phone.waitForReply(15_000);
      expect(document).toMatchObject({ file_name: "copy.txt", file_size: bytes.length });
      expect(bytesOf(document!)).toEqual(bytes);
    });

    test("gets an album as messages of one group, and sends one", async () => {
      const [first] = phone.sendAlbum(pictures);
      const texts = [
        (await phone.waitForReply(15_000)).text,
        (await phone.waitForReply(15_000)).text,
      ];
      expect(texts).toEqual([first!.media_group_id, first!.media_group_id]);

      phone.sendText("album");
      const album: Message[] = [await phone.waitForReply(15_000), await phone.waitForReply(15_000)];
      expect(album.map(({ caption }) => caption)).toEqual(["1", "2"]);
      expect(new Set(album.map(({ media_group_id }) => media_group_id)).size).toBe(1);
      expect(album.map(({ photo }) => bytesOf(photo![0]!))).toEqual(pictures);
    });

    test("deletes a message", async () => {
      phone.sendText("clean");
      await expect.poll(() => lastReply()?.text, soon).toBe("clean");
      expect(phone.replies().map(({ text }) => text)).not.toContain("gone");
    });

    const lastReply = () => phone.replies().at(-1);
    const methods = () => own.calls.map(({ method }) => method);
    const bytesOf = ({ file_id }: { file_id: string }) => own.files.byId(file_id)?.bytes;
  });
}

const soon = { timeout: 15_000 };
