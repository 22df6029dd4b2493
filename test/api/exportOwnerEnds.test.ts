import { AppError } from "@keepsake/contract/errors";
import { findFileItems } from "@keepsake/core/exports/exportFileItems.sql";
import type { ClaimedFile } from "@keepsake/core/exports/exportFiles.sql";
import { describe, expect } from "vitest";
import { datasetToExport, messagesOf } from "../support/exports/datasetToExport.ts";
import { exported, upload, worldOf } from "../support/exports/everything.ts";
import { exportObjects, nothingLeft } from "../support/exports/exportObjects.ts";
import { filesOf, writeExport } from "../support/exports/writeExport.ts";
import { deliver, newOwner, sweep, testWithoutConsumers as test } from "../support/stack.ts";

describe("an export of everything ends", () => {
  test.for(["running", "ready"] as const)(
    "with its zips when an image, a world or a piece that it holds is deleted while it is %s, and another starts at once",
    async (state, { stack, owner, task }) => {
      task.meta.cases = 4;
      const { client, sub } = owner;
      const { image_id } = await upload(owner, "#b0c0d0", "a.png");
      const linked = await upload(owner, "#c0d0e0", "b.png");
      const { world_id, piece_id } = await worldOf(stack, owner);
      await stack.sql`insert into telegram_accounts values (8102, ${`user:${sub}`}) on conflict do nothing`;
      const deletions = [
        () => client.deleteImage({ image_id }),
        () => client.deletePiece({ world_id, piece_id }),
        () => client.deleteWorld({ world_id }),
        () => client.deleteImage({ image_id: linked.image_id }),
      ];
      for (const remove of deletions) {
        const { export_id } = (await client.exportOwner()).export;
        if (state === "ready") await writeExport(stack, export_id);
        const { erasure } = await remove();
        const { export: ended } = await client.getExport({ export_id });
        expect(ended).toMatchObject({
          status: "failed",
          error: { code: "image.deleted" },
          files: [],
        });
        await sweep(stack);
        expect(await exportObjects(export_id)).toEqual(nothingLeft);
        const [zip] = await stack.sql`
          select erasure_id from erasure_objects where key = ${`exports/${export_id}/0.zip`}
        `;
        expect(zip).toEqual({ erasure_id: erasure.erasure_id });
        const texts = await stack.sql`select 1 from export_texts where export_id = ${export_id}`;
        expect(texts).toHaveLength(0);
      }
      expect((await exported(stack, owner)).status).toBe("ready");
    },
  );

  test("with everything of its owner", async ({ stack, owner }) => {
    const { client, sub } = owner;
    await upload(owner, "#d0e0f0", "a.png");
    const { export_id } = await exported(stack, owner);
    await client.eraseOwner();
    expect((await client.listOwnerExports()).exports).toEqual([]);
    await sweep(stack);
    expect(await exportObjects(export_id)).toEqual(nothingLeft);
    const left = await stack.sql`select 1 from exports where owner_id = ${`user:${sub}`}`;
    expect(left).toHaveLength(0);
  });
});

describe("GET /me/exports", () => {
  test("lists the caller's exports of everything, newest first, and no dataset lists them", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { dataset_id } = await datasetToExport(client);
    const first = await exported(stack, owner);
    await upload(owner, "#e0f001", "a.png");
    const second = (await client.exportOwner()).export;
    const { exports } = await client.listOwnerExports();
    expect(exports.map(({ export_id }) => export_id)).toEqual([second.export_id, first.export_id]);
    expect((await client.listExports({ dataset_id })).exports).toEqual([]);
    await client.deleteExport({ export_id: second.export_id });
    expect((await client.listOwnerExports()).exports).toHaveLength(1);

    const other = newOwner(stack);
    expect((await other.client.listOwnerExports()).exports).toEqual([]);
    const theirs = (await other.client.exportOwner()).export;
    await writeExport(stack, theirs.export_id);
    const ready = (await other.client.getExport({ export_id: theirs.export_id })).export;
    expect(await filesOf(ready.files)).toHaveLength(3);
    await expect(client.getExport({ export_id: theirs.export_id })).rejects.toMatchObject({
      code: "export.not_found",
    });
  });
});

test("an export of everything whose zip a consumer of the release before gets is tried again, and then ready", async ({
  stack,
  owner,
}) => {
  const { client } = owner;
  await worldOf(stack, owner);
  const { export_id } = (await client.exportOwner()).export;
  // how it reads the items of a zip: of the errors, only an AppError ends the export
  const [message] = await messagesOf(stack.sql, export_id);
  const reading = findFileItems(stack.sql, message as ClaimedFile);
  await expect(reading).rejects.toThrow(new Error("The export has ended"));
  await expect(reading).rejects.not.toBeInstanceOf(AppError);
  await deliver(stack, "ExportQueue", [message]);
  expect((await client.getExport({ export_id })).export).toMatchObject({
    status: "ready",
    items: 1,
  });
});
