import { describe, expect } from "vitest";
import { faction } from "../support/pieceDrafts.ts";
import { type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

/** 64 KB as JSON, and 128 KB in a response, where each quotation mark is escaped twice. */
const details = { quotes: '"'.repeat(32_000) };
const large = { ...faction, details };
const full = { code: "world.full", status: 409 };
const twenty = Array(20).fill(large);

describe("a world with much text", () => {
  test("takes no more than one response can have", async ({ owner: { client } }) => {
    const { world_id } = (await client.createWorld({ theme: "x", pieces: twenty })).world;
    await client.addPieces({ world_id, pieces: [...twenty.slice(2), faction] });

    await expect(client.addPieces({ world_id, pieces: [large, large] })).rejects.toMatchObject(
      full,
    );
    const { pieces } = (await client.getWorld({ world_id })).world;
    expect(pieces).toHaveLength(39);

    const small = pieces.at(-1)!;
    const change = { world_id, piece_id: small.piece_id, details };
    await expect(client.updatePiece(change)).rejects.toMatchObject(full);
    const world = (await client.getWorld({ world_id })).world;
    expect(world.pieces[38]).toEqual(small);
  });

  test("that has too much already is refused in words before it is changed, and is made smaller piece by piece", async ({
    stack,
    owner: { client },
  }) => {
    const { world_id } = (await client.createWorld({ theme: "x", pieces: [faction, large] })).world;
    const ids = await insertLarge(stack, world_id, 60);

    await expect(client.getWorld({ world_id })).rejects.toMatchObject(full);
    await expect(client.updateWorld({ world_id, theme: "new" })).rejects.toMatchObject(full);
    expect((await client.listWorlds()).worlds[0]).toMatchObject({ theme: "x", piece_count: 62 });
    await expect(client.addPieces({ world_id, pieces: [faction] })).rejects.toMatchObject(full);

    const [grown, ...others] = ids.map((piece_id) => ({ world_id, piece_id }));
    await expect(
      client.updatePiece({ ...grown!, details: { ...details, more: 1 } }),
    ).rejects.toMatchObject(full);
    const { piece } = await client.updatePiece({ ...grown!, details: {} });
    expect(piece.details).toEqual({});
    for (const each of others.slice(0, 30)) await client.deletePiece(each);
    expect((await client.getWorld({ world_id })).world.pieces).toHaveLength(32);
    expect((await client.updateWorld({ world_id, theme: "new" })).world.theme).toBe("new");
  });
});

/** Pieces that an earlier release took. */
async function insertLarge({ sql }: TestStack, world_id: string, count: number) {
  const inserted = await sql<{ piece_id: string }[]>`
    insert into lore_pieces (piece_id, world_id, type, name, description, details, portrait_status,
                             portrait_version)
    select gen_random_uuid(), world_id, type, name, description, details, portrait_status, portrait_version
    from lore_pieces, generate_series(1, ${count})
    where world_id = ${world_id} and details <> '{}' and length(details::text) > 1000
    returning piece_id
  `;
  return inserted.map(({ piece_id }) => piece_id);
}
