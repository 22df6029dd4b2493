import { takeSnapshot } from "@keepsake/core/exports/everything/takeSnapshot";
import { expect } from "vitest";
import { upload } from "../../support/exports/everything.ts";
import { testWithoutConsumers as test } from "../../support/stack.ts";

test("an export of everything that takes too long to gather is refused in words, and leaves nothing", async ({
  stack,
  owner,
}) => {
  await upload(owner, "#a0b0c0", "a.png");
  const { export_id } = (await owner.client.exportOwner()).export;
  const itemsOf = () => stack.sql`select 1 from export_items where export_id = ${export_id}`;
  const before = (await itemsOf()).length;
  const taking = stack.sql.begin(async (tx) => {
    await tx`delete from export_texts where export_id = ${export_id}`;
    await tx`delete from export_items where export_id = ${export_id}`;
    return takeSnapshot(tx, export_id, [`user:${owner.sub}`], performance.now() - 1);
  });
  await expect(taking).rejects.toMatchObject({ code: "export.too_large" });
  expect(before).toBeGreaterThan(0);
  expect((await itemsOf()).length).toBe(before);
});
