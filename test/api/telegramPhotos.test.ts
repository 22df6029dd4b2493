import { setTimeout as sleep } from "node:timers/promises";
import type { Image } from "@keepsake/contract/schemas";
import { describe, expect } from "vitest";
import { gpsJpeg, png } from "../support/images.ts";
import { test, until } from "../support/stackWithPlatforms.ts";
import { bytesAt } from "../support/uploadRequests.ts";

describe("a Telegram photo", () => {
  test("becomes a permanent URL, which the bot sends back", async ({
    stack,
    sender: { phone, client, owner_id },
  }) => {
    const photo = await gpsJpeg();
    phone.sendPhoto(photo);

    const reply = await phone.waitForReply(10_000);

    const [image] = (await client.listImages()).images as [Image];
    expect(reply.text).toBe(image.url);
    expect(image).toMatchObject({ platform: "telegram", status: "published", width: 32 });
    const published = await bytesAt(image.url);
    expect(published.length).toBe(image.bytes);
    expect(published.includes("Wanderer")).toBe(false);
    const find = () => stack.sql`select * from images where image_id = ${image.image_id}`;
    // the row is written after the reply was sent
    await until(async () => (await find())[0]?.replied_at !== null);
    const [row] = await find();
    expect(row).toMatchObject({ owner_id });
    expect(row?.source).toEqual({
      file_id: expect.any(String),
      chat_id: expect.any(Number),
      message_id: expect.any(Number),
    });
  });

  test("that is a PNG file with only picture data is published byte for byte", async ({
    sender: { phone },
  }) => {
    const bytes = await png(64, "#0f1e2d");
    phone.sendDocument(bytes, { file_name: "map.png", mime_type: "image/png" });
    const { text } = await phone.waitForReply(10_000);
    expect(bytes.equals(await bytesAt(text))).toBe(true);
  });

  test("that is sent again is answered again, and published once", async ({
    sender: { phone, client },
  }) => {
    const bytes = await png(64, "#1e2d3c");
    phone.sendPhoto(bytes);
    const first = await phone.waitForReply(10_000);
    phone.sendPhoto(bytes);

    expect((await phone.waitForReply(10_000)).text).toBe(first.text);

    expect((await client.listImages()).images).toHaveLength(1);
  });

  test("in an album is published as an image of its own", async ({ sender: { phone, client } }) => {
    phone.sendAlbum([await png(64, "#aa0000"), await png(64, "#00aa00"), await png(64, "#0000aa")]);
    for (let count = 0; count < 3; count += 1) await phone.waitForReply(10_000);
    expect((await client.listImages()).images).toHaveLength(3);
  });

  test("in an edited message is published", async ({
    stack,
    telegram,
    sender: { phone, owner_id },
  }) => {
    const { file_path: _, ...file } = telegram.addFile(await png(64, "#2d3c4b"));
    const photo = [{ ...file, width: 64, height: 64 }];
    const message = phone.sendText("look");
    telegram.deliver({ edited_message: { ...message, edit_date: 1, photo } as never });

    const stored = () => stack.sql`select image_id from images where owner_id = ${owner_id}`;
    await until(async () => (await stored()).length === 1);
  });

  test("that is delivered five times at once is published and answered once", async ({
    telegram,
    sender: { phone, client },
  }) => {
    const message = phone.sendText("hello");
    const { file_path: _, ...file } = telegram.addFile(await png(64, "#3c4b5a"));
    const photo = [{ ...file, width: 64, height: 64 }];
    const update = { update_id: 7, message: { ...message, text: undefined, photo } } as never;

    const statuses = await Promise.all(Array.from({ length: 5 }, () => telegram.post(update)));

    expect(statuses).toEqual(Array(5).fill(200));
    await phone.waitForReply(10_000);
    await sleep(300);
    expect(phone.replies()).toHaveLength(1);
    expect((await client.listImages()).images).toHaveLength(1);
  });

  test("from a user who blocked the bot is still published", async ({
    stack,
    sender: { phone, client },
  }) => {
    phone.block();
    phone.sendPhoto(await png(64, "#4b5a69"));
    await until(async () => (await client.listImages()).images[0]?.status === "published");
    await until(async () => {
      const [row] = await stack.sql`
        select replied_at from images where image_id = ${(await client.listImages()).images[0]!.image_id}
      `;
      return row?.replied_at !== null;
    });
  });
});
