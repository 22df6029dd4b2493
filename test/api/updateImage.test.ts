import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { request, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf, uploadRequest } from "../support/uploadRequests.ts";

describe("what is said about an image", () => {
  test("is changed field by field: what is left out stays, and null clears", async ({ owner }) => {
    const { client } = owner;
    const before = await client.upload(fileOf(await png(32, "#410000"), "sea.png"));
    const { image_id } = before;
    expect(before).toMatchObject({ alt: null, caption: null, tags: [], filename: "sea.png" });

    const alt = "A ship on a grey sea";
    const caption = "masterpiece, ship, sea\nNegative prompt: blurry";
    const { image } = await client.updateImage({ image_id, alt, caption, tags: ["sea", "ship"] });
    expect(image).toEqual({ ...before, alt, caption, tags: ["sea", "ship"] });
    expect(await client.getImage({ image_id })).toEqual({ image });
    expect((await client.listImages()).images).toEqual([image]);

    const renamed = await client.updateImage({ image_id, filename: "ship.png" });
    expect(renamed.image).toEqual({ ...image, filename: "ship.png" });

    const cleared = { image_id, alt: null, caption: null, tags: null, filename: null };
    expect((await client.updateImage(cleared)).image).toEqual({ ...before, filename: null });
    expect((await client.updateImage({ image_id })).image).toEqual({ ...before, filename: null });
  });

  test("is null when the text is empty", async ({ owner: { client } }) => {
    const { image_id } = await client.upload(fileOf(await png(32, "#410001")));
    await client.updateImage({ image_id, alt: "a", caption: "b" });
    const { image } = await client.updateImage({ image_id, alt: "", caption: "", filename: " " });
    expect(image).toMatchObject({ alt: null, caption: null, filename: null });
  });

  test.for<[string[], string[]]>([
    [["Sea", "sea", " SEA "], ["sea"]],
    [
      ["two  words", "two\twords", "two words"],
      ["two words", "twowords"],
    ],
    [["cafe\u0301", "CAF\u00c9"], ["caf\u00e9"]],
    [
      ["\u202egnp", "\u200b", "a\nb"],
      ["gnp", "ab"],
    ],
    [[`it's "quoted" \\ & | ! :*`], [`it's "quoted" \\ & | ! :*`]],
    [
      ["{}", "null", "\u{1f30a}"],
      ["{}", "null", "\u{1f30a}"],
    ],
  ])(
    "has tags in lower case, cleaned and each once: %j are %j",
    async ([sent, kept], { owner }) => {
      const { client } = owner;
      const { image_id } = await client.upload(fileOf(await png(32, "#410002")));
      expect((await client.updateImage({ image_id, tags: sent })).image.tags).toEqual(kept);
      for (const tag of [...sent, ...kept])
        expect((await client.listImages({ tag })).images).toHaveLength(tag === "\u200b" ? 0 : 1);
    },
  );

  test("has a file name that is cleaned as that of an upload", async ({ owner: { client } }) => {
    const { image_id } = await client.upload(fileOf(await png(32, "#410003")));
    const { image } = await client.updateImage({ image_id, filename: "../../etc/\u202epasswd" });
    expect(image.filename).toBe("passwd");
  });

  test("is not changed by other owners, nor before the image is published", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(32, "#410004");
    const { image_id } = await client.upload(fileOf(bytes));
    const { upload_id } = await client.presignUpload(uploadRequest(bytes));
    const notFound = { code: "image.not_found" };
    const other = stack.client("another owner");
    await expect(other.updateImage({ image_id, alt: "x" })).rejects.toMatchObject(notFound);
    const early = client.updateImage({ image_id: upload_id, alt: "x" });
    await expect(early).rejects.toMatchObject(notFound);
    await client.deleteImage({ image_id });
    await expect(client.updateImage({ image_id, alt: "x" })).rejects.toMatchObject(notFound);
  });

  test("of a linked Telegram account's image is changed by the owner it is linked to", async ({
    stack,
    owner: { client, sub },
  }) => {
    const { image_id } = await client.upload(fileOf(await png(32, "#410005")));
    await stack.sql`
      update images set owner_id = 'telegram:941', platform = 'telegram' where image_id = ${image_id}
    `;
    await stack.sql`insert into telegram_accounts values (941, ${`user:${sub}`})`;
    const { image } = await client.updateImage({ image_id, alt: "Mira" });
    expect(image).toMatchObject({ alt: "Mira", platform: "telegram" });
  });

  test("is rejected beyond its limits and with unknown fields", async ({ stack, owner }) => {
    const { client, sub } = owner;
    const { image_id } = await client.upload(fileOf(await png(32, "#410006")));
    const invalid: object[] = [
      { alt: "x".repeat(1_001) },
      { caption: "x".repeat(10_001) },
      { alt: 7 },
      { tags: "sea" },
      { tags: [7] },
      { tags: [""] },
      { tags: ["x".repeat(51)] },
      { tags: Array.from({ length: 21 }, (_, index) => `tag ${index}`) },
      { filename: "x".repeat(4_097) },
      { status: "published" },
      { url: "https://example.com" },
      { owner_id: "user:mallory" },
    ];
    for (const body of invalid) {
      const answer = await request(stack, "PATCH", `/images/${image_id}`, { sub, body });
      expect([answer.status, answer.body.error.code]).toEqual([422, "input.invalid"]);
    }
    const longest = {
      alt: "x".repeat(1_000),
      caption: "x".repeat(10_000),
      tags: Array.from({ length: 20 }, (_, index) => `${"x".repeat(48)}${index + 10}`),
    };
    expect((await client.updateImage({ image_id, ...longest })).image).toMatchObject(longest);
  });
});
