import { limits } from "@keepsake/contract/limits";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { chunksOf } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

describe("generated characters", () => {
  test("are the same for the same seed, and different for another", async ({
    owner: { client },
  }) => {
    const generate = (seed: string | number) =>
      client.generateCharacters({ theme: "steampunk", count: 2, seed });

    expect(await generate(7)).toEqual(await generate("7"));
    expect(await generate(8)).not.toEqual(await generate(7));
  });

  test("differ every time without a seed", async ({ owner: { client } }) => {
    const generate = () => client.generateCharacters({ theme: "steampunk", count: 1 });

    expect(await generate()).not.toEqual(await generate());
  });

  test.for(["fantasy", "norse", "cyberpunk", "steampunk", "post-apocalyptic", "underwater noir"])(
    "of the theme %s have a name, a description, traits and a portrait with only picture data",
    async (theme, { owner: { client } }) => {
      const { characters } = await client.generateCharacters({ theme, count: 6 });

      expect(new Set(characters.map(({ name }) => name)).size).toBe(6);
      for (const { type, name, description, details } of characters) {
        expect({ type, named: name.length > 2, described: description.length > 20 }).toEqual({
          type: "character",
          named: true,
          described: true,
        });
        expect(details.traits).toHaveLength(3);
        const portrait = Buffer.from(String(details.image_portrait_base64), "base64");
        expect(portrait.length).toBeLessThan(limits.generated_portrait_bytes);
        const allowed = ["IHDR", "IDAT", "IEND", "sRGB"];
        expect(allowed).toEqual(expect.arrayContaining(chunksOf(portrait).map((c) => c.type)));
        const { width, height } = await sharp(portrait).metadata();
        expect([width, height]).toEqual([512, 512]);
      }
    },
  );

  test("follow the prompt, and are not stored", async ({ stack, owner: { client } }) => {
    const prompt = "a smuggler of bees";
    const { characters } = await client.generateCharacters({ theme: "norse", count: 1, prompt });

    expect(characters[0]!.description).toContain(prompt);
    const [stored] = await stack.sql`
      select count(*)::integer as count from lore_pieces where name = ${characters[0]!.name}
    `;
    expect(stored?.count).toBe(0);
  });
});
