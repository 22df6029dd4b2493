import { randomUUID } from "node:crypto";
import { aiCharacterGenerator } from "@keepsake/adapters/generators/ai/characterGenerator";
import { aiPortraitGenerator } from "@keepsake/adapters/generators/ai/portraitGenerator";
import { limits } from "@keepsake/contract/limits";
import { generateCharacters } from "@keepsake/core/characters/generateCharacters";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { readCharacterStream } from "../support/readCharacterStream.ts";
import { linkTo, test } from "../support/stackWithAiProvider.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("characters in one response", () => {
  test("include six portraits of noise, each small enough for all six to fit", async ({
    provider,
    owner: { client },
  }) => {
    provider.plan({ images: { format: "jpeg", size: [1_536, 1_024] } });
    const { characters } = await client.generateCharacters({ theme: "noise", count: 6 });
    expect(characters).toHaveLength(6);
    for (const { details } of characters) {
      const portrait = Buffer.from(String(details.image_portrait_base64), "base64");
      expect(portrait.length).toBeLessThanOrEqual(limits.generated_portrait_bytes);
      const { format, width, height } = await sharp(portrait).metadata();
      expect(format).toBe("png");
      expect(width! / height!).toBeCloseTo(1.5, 1);
    }
    provider.plan({});
  });

  test.for(["png", "jpeg", "webp"] as const)(
    "include a PNG portrait when the portrait generator returns a %s",
    async (format, { provider, owner: { client } }) => {
      provider.plan({ images: { format } });
      const { characters } = await client.generateCharacters({ theme: "x", count: 1 });
      const portrait = Buffer.from(String(characters[0]!.details.image_portrait_base64), "base64");
      expect((await sharp(portrait).metadata()).format).toBe("png");
      provider.plan({});
    },
  );

  test("include the reason for a missing portrait, and are accepted by createWorld", async ({
    provider,
    owner: { client },
  }) => {
    provider.plan({ images: { modes: ["garbage", "ok"] } });
    const { characters } = await client.generateCharacters({ theme: "x", count: 2 });
    expect(characters.map(({ portrait_error }) => portrait_error).sort()).toEqual([
      "failed",
      undefined,
    ]);
    await client.createWorld({ theme: "x", pieces: characters });
    provider.plan({});
  });

  test("are returned at the deadline, without portraits that are late", async ({ provider }) => {
    provider.plan({ images: { modes: ["silent", "ok"] } });
    const ai = linkTo(provider);
    const { images } = await import("@keepsake/functions/services/buckets");
    const { decoder } = await import("@keepsake/functions/services/decoder");
    const { sql } = await import("@keepsake/functions/services/database");
    const services = {
      sql: sql(),
      images: images(),
      decoder: decoder(),
      characterGenerator: aiCharacterGenerator(ai),
      portraitGenerator: aiPortraitGenerator(ai),
      onFailed() {},
    };
    const request = { owner_id: "user:impatient", theme: "x", count: 2 };

    const { characters } = await generateCharacters(services, request, { deadlineMs: 1_000 });

    expect(characters.map(({ portrait_error }) => portrait_error)).toEqual(["timeout", undefined]);
    provider.plan({ text: { mode: "silent" } });
    await expect(generateCharacters(services, request, { deadlineMs: 300 })).rejects.toMatchObject({
      code: "generation.late",
    });
    provider.plan({});
  });

  test.for([
    ["refuse", "generation.refused"],
    ["busy", "generation.busy"],
    ["fail", "generation.failed"],
    ["garbage", "generation.failed"],
  ] as const)(
    "of a character generator that answers with %s are an error with a reason",
    async ([mode, code], { provider, owner: { client } }) => {
      provider.plan({ text: { mode } });
      const attempt = client.generateCharacters({ theme: "x", count: 1 });
      await expect(attempt).rejects.toMatchObject({ code });
      await attempt.catch((error) => expect(JSON.stringify(error)).not.toContain(provider.apiKey));
      provider.plan({});
    },
  );
});

describe("a reference image", () => {
  test("is sent to the portrait generator", async ({ provider, owner: { client } }) => {
    const image = await client.upload(fileOf(await png(64, "#5c2d91")));
    const before = provider.calls.length;
    const { image_id: reference_image_id } = image;
    await client.generateCharacters({ theme: "x", count: 1, reference_image_id });
    const edits = provider.calls.slice(before).filter(({ path }) => path === "/v1/images/edits");
    expect(edits).toHaveLength(1);
  });

  test("must belong to the caller, and the portrait generator must support it", async ({
    stack,
    provider,
    owner: { client },
  }) => {
    const theirs = await stack.client(randomUUID()).upload(fileOf(await png(64, "#5c2d92")));
    const generate = (reference_image_id: string) =>
      client.generateCharacters({ theme: "x", count: 1, reference_image_id });
    await expect(generate(theirs.image_id)).rejects.toMatchObject({ code: "image.not_published" });

    provider.plan({ images: { modes: ["no_edits"] } });
    const mine = await client.upload(fileOf(await png(64, "#5c2d93")));
    await expect(generate(mine.image_id)).rejects.toMatchObject({ code: "reference.unsupported" });
    provider.plan({});
  });
});

test("an owner may have 120 characters an hour, and learns when to retry", async ({
  stack,
  owner: { client, sub },
}) => {
  await stack.sql`
    insert into generations (generation_id, owner_id, characters)
    values (gen_random_uuid(), ${`user:${sub}`}, ${limits.generated_characters_per_hour - 1})
  `;
  await client.generateCharacters({ theme: "x", count: 1 });
  const tooMany = { code: "generation.too_many", retryAfterSeconds: expect.any(Number) };
  await expect(client.generateCharacters({ theme: "x", count: 1 })).rejects.toMatchObject(tooMany);
  await expect(readCharacterStream(client, { theme: "x", count: 1 })).rejects.toMatchObject(
    tooMany,
  );
});
