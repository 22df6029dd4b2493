import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { test } from "../support/stack.ts";
import { bytesAt } from "../support/uploadRequests.ts";

describe("the portrait flow", () => {
  test("publishes generated portraits under permanent URLs, byte for byte", async ({
    owner: { client },
  }) => {
    const { characters } = await client.generateCharacters({ theme: "norse", count: 3 });
    const { world } = await client.createWorld({ theme: "norse", pieces: characters });
    expect(world.pieces.map((piece) => piece.portrait_status)).toEqual(Array(3).fill("pending"));

    const { pieces } = await client.waitForPortraits(world.world_id);

    for (const [index, { details, portrait_status }] of pieces.entries()) {
      expect(portrait_status).toBe("published");
      const generated = Buffer.from(
        String(characters[index]!.details.image_portrait_base64),
        "base64",
      );
      expect(generated.equals(await bytesAt(details.image_portrait))).toBe(true);
    }
  });

  test("serves a portrait as a PNG that may be cached for a year", async ({
    owner: { client },
  }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
    const { pieces } = await client.waitForPortraits(world.world_id);

    const image = await fetch(String(pieces[0]!.details.image_portrait));

    expect(image.status).toBe(200);
    expect(image.headers.get("content-type")).toBe("image/png");
    expect(image.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test("publishes a portrait that is sent as a data: URL", async ({ owner: { client } }) => {
    const bytes = await png();
    const portrait = `data:image/png;base64,${bytes.toString("base64")}`;
    const pieces = [await character("Mira", portrait)];

    const { world } = await client.createWorld({ theme: "norse", pieces });

    const [piece] = (await client.waitForPortraits(world.world_id)).pieces;
    expect(bytes.equals(await bytesAt(piece!.details.image_portrait))).toBe(true);
  });

  test("leaves pieces without a portrait unchanged", async ({ owner: { client } }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });

    expect(world.pieces).toMatchObject([
      { type: "faction", details: { banner: "gold" }, portrait_status: "none" },
    ]);
  });

  test("publishes the portraits of pieces that are added later", async ({ owner: { client } }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const { world_id } = world;

    const added = await client.addPieces({ world_id, pieces: [await character("Odd")] });

    expect(added.pieces).toMatchObject([{ name: "Odd", portrait_status: "pending" }]);
    const { pieces } = await client.waitForPortraits(world_id);
    expect(pieces.map(({ portrait_status }) => portrait_status)).toEqual(["none", "published"]);
  });
});
