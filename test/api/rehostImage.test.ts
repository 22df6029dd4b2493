import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { deliver, request, type TestStack } from "../support/stack.ts";
import { test, until } from "../support/stackWithPlatforms.ts";
import { bytesAt, fileOf } from "../support/uploadRequests.ts";

describe("another backend", () => {
  test("re-hosts a Telegram file by its ids, for the user it acts for", async ({
    stack,
    telegram,
  }) => {
    const client = stack.client("by ids");
    const { file_id, file_unique_id } = telegram.addFile(await png(64, "#8899aa"));
    const source = { platform: "telegram" as const, file_id, file_unique_id };

    const { image } = await client.rehostImage({ source });

    expect(image).toMatchObject({ platform: "telegram", status: "pending", url: null });
    expect((await client.listImages()).images).toHaveLength(1);
    const done = await published(client, image.image_id);
    const again = await request(stack, "POST", "/rehosts", { sub: "by ids", body: { source } });
    expect([again.status, again.body.image]).toEqual([200, done]);
  });

  test("re-hosts a Discord attachment by its URL, which is not kept after publishing", async ({
    stack,
    discord,
  }) => {
    const client = stack.client("discord");
    const bytes = await png(64, "#99aabb");
    discord.answer = (_, response) => response.end(bytes);
    const path = "/attachments/11/22/cat.png";
    const url = `${discord.origin}${path}?ex=1&hm=2`;
    const body = { source: { platform: "discord", url } };

    const { status, body: answer } = await request(stack, "POST", "/rehosts", {
      sub: "discord",
      body,
    });

    expect(status).toBe(202);
    const image = await published(client, answer.image.image_id);
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    const [row] = await stack.sql`select * from images where image_id = ${image.image_id}`;
    expect(row).toMatchObject({ platform_ref: path });
    expect(row!.source).toEqual({});
    // an upload of the same file can reuse it
    const file = fileOf(bytes);
    expect(await client.upload(file, { reuse: true })).toEqual(image);
  });

  test("re-hosts a private image, which stays private when it is asked for again", async ({
    stack,
    discord,
  }) => {
    const client = stack.client("private");
    const bytes = await png(64, "#99aabc");
    discord.answer = (_, response) => response.end(bytes);
    const url = `${discord.origin}/attachments/11/23/cat.png?ex=1&hm=2`;
    const source = { platform: "discord" as const, url };

    const { image } = await client.rehostImage({ source, visibility: "private" });

    const done = await published(client, image.image_id);
    expect(done.visibility).toBe("private");
    expect(bytes.equals(await bytesAt(done.url))).toBe(true);
    expect((await fetch(`${stack.cdn}/images/${image.image_id}.png`)).status).toBe(404);
    const again = (await client.rehostImage({ source, visibility: "public" })).image;
    expect(again).toMatchObject({ image_id: image.image_id, visibility: "private" });
  });

  test("cannot re-host a URL that is not a file of the platform", async ({
    stack,
    discord,
    task,
  }) => {
    task.meta.cases = 9;
    const client = stack.client("refused");
    const path = "/attachments/11/22/cat.png";
    const port = new URL(discord.origin).port;
    const urls = [
      `https://example.com${path}`,
      `http://user@127.0.0.1:${port}${path}`,
      `http://127.0.0.1:1${path}`,
      `https://127.0.0.1:${port}${path}`,
      `${discord.origin}/attachments/..%2f..%2fadmin`,
      `${discord.origin}/attachments/11/22/..`,
      `${discord.origin}.example.com${path}`,
      "not a url",
    ];
    for (const url of urls)
      await expect(
        client.rehostImage({ source: { platform: "discord", url } }),
      ).rejects.toMatchObject({ code: "source.refused" });
    const source = { platform: "flickr", url: "https://flickr.com/1" } as never;
    await expect(client.rehostImage({ source })).rejects.toMatchObject({ code: "input.invalid" });
    expect((await client.listImages()).images).toEqual([]);
  });

  test("gets the reason why an image could not be downloaded", async ({ stack, discord }) => {
    const client = stack.client("gone");
    discord.answer = (_, response) => response.writeHead(404).end();
    const url = `${discord.origin}/attachments/33/44/gone.png`;
    const { image } = await client.rehostImage({ source: { platform: "discord", url } });
    await until(async () => (await client.getImage(image)).image.status === "rejected");
    expect((await client.getImage(image)).image.error).toMatch(/no longer available/);
  });

  test("may delete a re-hosted image that is still pending", async ({ stack, discord }) => {
    const client = stack.client("hasty");
    discord.answer = () => {}; // never answers
    const url = `${discord.origin}/attachments/55/66/slow.png`;
    const { image } = await client.rehostImage({ source: { platform: "discord", url } });
    await client.deleteImage(image);
    expect((await client.listImages()).images).toEqual([]);
    expect(await deliver(stack, "RehostQueue", [{ image_id: image.image_id }])).toEqual([]);
    discord.closeConnections();
  });

  test("gets two images from a re-hosted and an uploaded copy of the same picture", async ({
    stack,
    discord,
  }) => {
    const client = stack.client("both");
    const bytes = await png(64, "#aabbcc");
    discord.answer = (_, response) => response.end(bytes);
    const url = `${discord.origin}/attachments/77/88/both.png`;
    const { image } = await client.rehostImage({ source: { platform: "discord", url } });
    await published(client, image.image_id);
    await client.upload(fileOf(bytes));
    expect((await client.listImages()).images).toHaveLength(2);
  });
});

async function published(client: ReturnType<TestStack["client"]>, image_id: string) {
  await until(async () => (await client.getImage({ image_id })).image.status === "published");
  return (await client.getImage({ image_id })).image;
}
