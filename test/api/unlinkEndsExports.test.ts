import { describe, expect } from "vitest";
import { upload } from "../support/exports/everything.ts";
import { exportObjects, nothingLeft } from "../support/exports/exportObjects.ts";
import { png } from "../support/images.ts";
import { newOwner, type Owner, sweep } from "../support/stack.ts";
import { test } from "../support/stackWithPlatforms.ts";
import { linkTo } from "../support/telegramLinks.ts";

describe("the zips of an owner's exports", () => {
  test.for(["DELETE /telegram/accounts", "/unlink"] as const)(
    "are removed when %s unlinks a Telegram account whose pictures they hold",
    async (how, { stack, telegram, task }) => {
      task.meta.cases = 2;
      const id = how === "/unlink" ? 8_301 : 8_302;
      const owner = newOwner(stack);
      const { client } = owner;
      const phone = telegram.phone({ id, first_name: "Mira" });
      phone.sendPhoto(await png(64, how === "/unlink" ? "#718191" : "#728292"));
      await phone.waitForReply(10_000);
      await linkTo(phone, client);
      const [sent] = (await client.listImages()).images;
      const own = await upload(owner, how === "/unlink" ? "#738393" : "#748494", "own.png");

      const withSent = await exportOfDataset(owner, [own.image_id, sent!.image_id]);
      const withOwn = await exportOfDataset(owner, [own.image_id]);
      const { export_id: everything } = (await client.exportOwner()).export;
      await client.waitForExport(everything);

      if (how === "/unlink") {
        phone.sendText("/unlink");
        expect((await phone.waitForReply()).text).toBe("This account is no longer linked.");
      } else await client.unlinkTelegram({ telegram_id: String(id) });

      for (const export_id of [withSent, everything]) {
        const { export: ended } = await client.getExport({ export_id });
        expect(ended).toMatchObject({ status: "failed", files: [] });
        expect(ended.error!.message).toContain("A Telegram account was unlinked");
      }
      const { export: kept } = await client.getExport({ export_id: withOwn });
      expect(kept).toMatchObject({ status: "ready", files: [{}] });
      await sweep(stack);
      expect(await exportObjects(everything)).toEqual(nothingLeft);
      expect(await exportObjects(withSent)).toEqual(nothingLeft);
      const { export: next } = await client.exportOwner();
      expect(next.items).toBe(1);
    },
  );
});

async function exportOfDataset({ client }: Owner, image_ids: string[]) {
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  await client.putDatasetItems({ dataset_id, items: image_ids.map((image_id) => ({ image_id })) });
  const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
  await client.waitForExport(export_id);
  return export_id;
}
