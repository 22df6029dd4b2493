import { limits } from "@keepsake/contract/limits";
import { describe, expect } from "vitest";
import { chunk, chunksOf, png, pngOf } from "../support/images.ts";
import { newOwner } from "../support/stack.ts";
import { test, until } from "../support/stackWithPlatforms.ts";
import { bytesAt, fileOf } from "../support/uploadRequests.ts";

const prompt = "a red fox in snow\nSteps: 20, Sampler: Euler a, Seed: 4";

/** A PNG as a generator saves it, with its prompt. */
async function generated(text = prompt): Promise<Buffer> {
  const chunks = chunksOf(await png()).map(({ type, data }) => chunk(type, data));
  return pngOf(...chunks.toSpliced(1, 0, chunk("tEXt", Buffer.from(`parameters\0${text}`))));
}

describe("the prompt in an uploaded PNG", () => {
  test("becomes the caption, can be searched, and is not in what is published", async ({
    stack,
  }) => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await generated()));
    expect(image.caption).toBe(prompt);
    expect((await client.listImages({ q: "red fox" })).images).toEqual([image]);
    expect((await bytesAt(image.url)).includes("fox")).toBe(false);
  });

  test("is dropped when the sender does not want to keep it", async ({ stack }) => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await generated()), { keepPrompt: false });
    expect(image.caption).toBeNull();
  });

  test("is cut to the length of a caption, between characters", async ({ stack }) => {
    const { client } = newOwner(stack);
    const start = "a".repeat(limits.caption_chars - 1);
    const image = await client.upload(fileOf(await generated(`${start}🦊`)));
    expect(image.caption).toBe(start);
  });

  test("is not restored after the caption is cleared, and an image without a prompt gets no caption", async ({
    stack,
  }) => {
    const { client } = newOwner(stack);
    const { image_id } = await client.upload(fileOf(await generated()));
    await client.updateImage({ image_id, caption: null });
    expect((await client.getImage({ image_id })).image.caption).toBeNull();
    expect((await client.upload(fileOf(await png()))).caption).toBeNull();
  });
});

describe("the prompt in a re-hosted PNG", () => {
  test.for([
    ["becomes the caption", undefined, prompt],
    ["is dropped when the sender does not want to keep it", false, null],
  ] as const)("%s", async ([, keep_prompt, caption], { stack, discord }) => {
    const { client } = newOwner(stack);
    const bytes = await generated();
    discord.answer = (_, response) => response.end(bytes);
    const url = `${discord.origin}/attachments/12/${keep_prompt === false ? 1 : 2}/fox.png?ex=1&hm=2`;
    const source = { platform: "discord" as const, url };
    const { image } = await client.rehostImage({
      source,
      ...(keep_prompt === false && { keep_prompt }),
    });
    await until(async () => (await client.getImage(image)).image.status === "published");
    expect((await client.getImage(image)).image.caption).toBe(caption);
  });

  test("does not replace a caption that the owner wrote meanwhile", async ({ stack, discord }) => {
    const { client } = newOwner(stack);
    const bytes = await generated();
    const captioned = Promise.withResolvers<void>();
    discord.answer = (_, response) => void captioned.promise.then(() => response.end(bytes));
    const url = `${discord.origin}/attachments/12/34/fox.png?ex=1&hm=2`;
    const { image } = await client.rehostImage({ source: { platform: "discord", url } });
    await client.updateImage({ image_id: image.image_id, caption: "A fox" });
    captioned.resolve();
    await until(async () => (await client.getImage(image)).image.status === "published");
    expect((await client.getImage(image)).image.caption).toBe("A fox");
  });
});
