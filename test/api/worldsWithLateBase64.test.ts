import { randomBytes } from "node:crypto";
import { shownWorld } from "@keepsake/core/worlds/worldPages.sql";
import { page, pieces } from "@keepsake/core/worlds/worlds.sql";
import { describe, expect } from "vitest";
import { blocksReadBy } from "../support/blocksReadBy.ts";
import { character } from "../support/pieceDrafts.ts";
import { deliver, testWithoutConsumers as test } from "../support/stack.ts";

describe("a world with portraits that were not published", () => {
  test("is shown without reading them: its page, its pieces and the list", async ({
    stack,
    owner: { client, sub },
  }) => {
    const { sql } = stack;
    const mira = { ...(await character("Mira")), portrait_image_id: undefined };
    const traits = ["brave", "late"];
    const { world } = await client.createWorld({
      theme: "norse",
      pieces: [{ ...mira, details: { ...mira.details, traits } }],
    });
    const { world_id } = world;
    const base64 = randomBytes(1_500_000).toString("base64");
    await sql`
      update lore_pieces set portrait_status = 'rejected', portrait_version = 2,
             details = details || jsonb_build_object('image_portrait_base64', ${base64}::text)
      where world_id = ${world_id}
    `;
    const { page: shown } = await client.publishWorldPage(world);

    const queries = [
      shownWorld(sql, shown.page_id),
      pieces(sql, world_id),
      page(sql, `user:${sub}`, { limit: 51 }),
    ];
    for (const query of queries) expect(await blocksReadBy(sql, query)).toBeLessThan(100);
    expect(await (await fetch(shown.url)).text()).toContain("brave");
    expect((await client.getWorld(world)).world.pieces[0]!.details).toEqual({ traits });
  });

  test("has the same text once a portrait is published, and new text while it is pending", async ({
    stack,
    owner: { client },
  }) => {
    const { world } = await client.createWorld({ theme: "x", pieces: [await character("Mira")] });
    const ids = { world_id: world.world_id, piece_id: world.pieces[0]!.piece_id };
    const { piece } = await client.updatePiece({ ...ids, details: { traits: ["new"] } });
    expect(piece.details).toEqual({ traits: ["new"] });
    await deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 1 }]);
    const published = (await client.getWorld(ids)).world.pieces[0]!;
    expect(published.portrait_status).toBe("published");
    expect(published.details).toMatchObject({
      traits: ["new"],
      image_portrait: expect.stringContaining("_portrait"),
    });
    const [row] = await stack.sql`
      select details_without_base64 from lore_pieces where piece_id = ${ids.piece_id}
    `;
    expect(row).toEqual({ details_without_base64: null });
  });
});
