import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NpmStart, startSystem } from "../../support/npmStart.ts";
import { testPicture } from "../testPicture.ts";
import { type Photo, pictureBot } from "./bot.ts";

let keepsake: NpmStart;
let bot: ReturnType<typeof pictureBot>;

beforeAll(async () => {
  keepsake = await startSystem();
  bot = pictureBot(keepsake);
}, 90_000);
afterAll(() => keepsake?.stop());

/** Ids as platforms give them, each of another user: some differ by case, by form or by escaping alone. */
const users = [
  "telegram:4242",
  "discord:80351110224678912",
  "Мира",
  "мира",
  "美良",
  "caf\u00e9", // é as one character
  "cafe\u0301", // e and an accent
  "caf%C3%A9",
  "a b+c/d?e=f&g#h",
  "🦊".repeat(10),
];

describe("a bot with a service key and no page", () => {
  test("generates characters, creates worlds and gets the portraits' URLs for each user", async () => {
    const drawn = await Promise.all(
      users.map(async (user) => ({ user, world: await bot.draw(user, "norse") })),
    );
    for (const { user, world } of drawn) {
      expect(world.pieces.map(({ portrait_status }) => portrait_status)).toEqual([
        "published",
        "published",
      ]);
      const portrait = await fetch(world.pieces[0]!.details.image_portrait!);
      expect([portrait.status, portrait.headers.get("content-type")]).toEqual([200, "image/png"]);
      expect((await bot.worlds(user)).map(({ world_id }) => world_id)).toEqual([world.world_id]);
    }
  });

  test("uploads bytes that it has in memory, and every user sees only its own", async () => {
    const pictures = users.map((user) => ({ user, bytes: testPicture() }));
    for (const { user, bytes } of pictures) {
      const image = await bot.keep(user, bytes, `${user.slice(0, 4)}.png`);
      expect(image.status).toBe("published");
      const stored = Buffer.from(await (await fetch(image.url!)).arrayBuffer());
      expect(stored.equals(bytes)).toBe(true);
      expect((await bot.images(user)).map(({ image_id }) => image_id)).toEqual([image.image_id]);
      const other = users.find((each) => each !== user)!;
      expect((await bot.call(other, "GET", `/images/${image.image_id}`)).status).toBe(404);
      expect((await bot.call(other, "DELETE", `/images/${image.image_id}`)).status).toBe(404);
    }
  });

  test("re-hosts the photos that its users send on Telegram, and the same photo once", async () => {
    for (const [index, user] of ["telegram:501", "телеграм:502"].entries()) {
      const bytes = testPicture();
      const photo = await sendPhoto(501 + index, bytes);
      const image = await bot.rehost(user, photo);
      expect(image).toMatchObject({ status: "published", platform: "telegram" });
      const stored = await fetch(image.url!);
      expect(Buffer.from(await stored.arrayBuffer()).equals(bytes)).toBe(true);
      expect((await bot.rehost(user, photo)).image_id).toBe(image.image_id);
      expect(await bot.images(user)).toHaveLength(1);
    }
  });

  test("keeps the photo that two users sent as an image of each", async () => {
    const photo = await sendPhoto(601, testPicture());
    const [first, second] = await Promise.all(["Ö1", "Ö2"].map((user) => bot.rehost(user, photo)));
    expect(first!.image_id).not.toBe(second!.image_id);
    expect(await bot.images("Ö1")).toHaveLength(1);
    expect(await bot.images("Ö2")).toHaveLength(1);
  });

  test("is refused an attachment that is not at Discord, and an owner that it did not encode", async () => {
    const source = { platform: "discord", url: "https://example.com/attachments/1/2/a.png" };
    const elsewhere = await bot.call("discord:1", "POST", "/rehosts", { source });
    expect(elsewhere).toMatchObject({ status: 422, body: { error: { code: expect.any(String) } } });

    const headers = { authorization: `Bearer ${keepsake.service_key}` };
    const ask = (owner: object) =>
      fetch(`${keepsake.api}/images`, { headers: { ...headers, ...owner } });
    expect((await ask({})).status).toBe(422);
    expect((await ask({ "keepsake-owner": "%ff" })).status).toBe(422);
    expect((await ask({ "keepsake-owner": "caf\u00e9" })).status).toBe(422); // Latin-1 on the wire
  });
});

/** Sends a photo as from a phone, and returns its largest size as Telegram reports it to bots. */
async function sendPhoto(userId: number, bytes: Buffer): Promise<Photo> {
  const url = `${keepsake.telegram}/phone/${userId}/photo?first_name=Mira`;
  const response = await fetch(url, { method: "POST", body: new Uint8Array(bytes) });
  const { result } = (await response.json()) as { result: { photo: Photo[] } };
  return result.photo.toSorted((a, b) => b.width - a.width)[0]!;
}
