import { describe, expect } from "vitest";
import { upload, worldOf } from "../support/exports/everything.ts";
import { exportObjects, nothingLeft } from "../support/exports/exportObjects.ts";
import { png } from "../support/images.ts";
import { faction } from "../support/pieceDrafts.ts";
import { deliver, newOwner, sweep, testWithoutConsumers as test } from "../support/stack.ts";
import { closeGate } from "../support/tableGate.ts";

/** The snapshot of an export of everything is held at its first text, when it has locked the worlds. */
describe("while an export of everything takes its snapshot", () => {
  test("its owner's worlds change, and portraits are published: its own and other owners'", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const other = newOwner(stack);
    const { world_id, piece_id } = await worldOf(stack, owner);
    const theirs = await worldOf(stack, other);
    const image_portrait_base64 = await base64("#102030");
    const replace = (caller: typeof owner, piece: { world_id: string; piece_id: string }) =>
      caller.client.replacePortrait({ ...piece, image_portrait_base64 });
    await replace(owner, { world_id, piece_id });
    await replace(other, theirs);

    const gate = await closeGate(stack.sql, "export_texts", "insert");
    const exporting = client.exportOwner();
    await gate.waiting(1);
    await client.updateWorld({ world_id, title: "Meanwhile" });
    await client.publishWorldPage({ world_id });
    await client.updatePiece({ world_id, piece_id, description: "Meanwhile" });
    await client.addPieces({ world_id, pieces: [faction] });
    const messages = [piece_id, theirs.piece_id].map((id) => ({ piece_id: id, version: 2 }));
    await deliver(stack, "PortraitQueue", messages);
    const published = await stack.sql`
      select piece_id from lore_pieces
      where piece_id in (${piece_id}, ${theirs.piece_id}) and portrait_version = 2
        and portrait_status = 'published'
    `;
    expect(published).toHaveLength(2);
    await replace(owner, { world_id, piece_id });
    await client.restorePortrait({ world_id, piece_id, version: 1 });
    await gate.open();
    expect((await exporting).export).toMatchObject({ status: "pending", items: 1 });
  });

  test("a deletion of what it holds waits for it, and ends it", async ({ stack, task }) => {
    type Made = { world_id: string; piece_id: string };
    type Remove = (client: ReturnType<typeof newOwner>["client"], made: Made) => Promise<unknown>;
    const deletions: Remove[] = [
      (client, { world_id }) => client.deleteWorld({ world_id }),
      (client, made) => client.deletePiece(made),
    ];
    task.meta.cases = deletions.length;
    for (const remove of deletions) {
      const owner = newOwner(stack);
      const made = await worldOf(stack, owner);
      const gate = await closeGate(stack.sql, "export_texts", "insert");
      const exporting = owner.client.exportOwner();
      await gate.waiting(1);
      const removed = remove(owner.client, made);
      await gate.waiting(2);
      await gate.open();
      await removed;
      const { export_id } = (await exporting).export;
      const ended = (await owner.client.getExport({ export_id })).export;
      expect(ended).toMatchObject({ status: "failed", error: { code: "image.deleted" } });
    }
  });

  test("the deletion of its owner waits for it, also of one with datasets only", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    await client.createDataset({ name: "Harbours" });
    const gate = await closeGate(stack.sql, "export_texts", "insert");
    const exporting = client.exportOwner();
    await gate.waiting(1);
    const erasing = client.eraseOwner();
    await gate.waiting(2);
    await gate.open();
    const { export_id } = (await exporting).export;
    await erasing;
    expect((await client.listOwnerExports()).exports).toEqual([]);
    const left = await stack.sql`select 1 from exports where owner_id = ${`user:${sub}`}`;
    expect(left).toHaveLength(0);
    await sweep(stack);
    expect(await exportObjects(export_id)).toEqual(nothingLeft);
  });

  test("an account that it holds is unlinked after it, and ends it", async ({ stack, owner }) => {
    const { client, sub } = owner;
    const { image_id } = await upload(owner, "#112131", "sent.png", "private");
    await stack.sql`insert into telegram_accounts values (8201, ${`user:${sub}`})`;
    await stack.sql`
      update images set owner_id = 'telegram:8201', platform = 'telegram', platform_ref = 'x 8201'
      where image_id = ${image_id}
    `;
    const gate = await closeGate(stack.sql, "export_texts", "insert");
    const exporting = client.exportOwner();
    await gate.waiting(1);
    const unlinking = client.unlinkTelegram({ telegram_id: "8201" });
    await gate.waiting(2);
    await gate.open();
    const { export_id } = (await exporting).export;
    await unlinking;
    expect((await client.getExport({ export_id })).export).toMatchObject({ status: "failed" });
  });
});

const base64 = async (colour: string) => (await png(64, colour)).toString("base64");
