import { describe, expect, vi } from "vitest";
import type { Receiver } from "../support/eventReceiver.ts";
import { datasetToExport } from "../support/exports/datasetToExport.ts";
import { type Owner, sweep } from "../support/stack.ts";
import { test } from "../support/stackWithReceiver.ts";

/** The event about an export of the owner, once it has come. */
function exportEvent({ received }: Receiver, { sub }: Owner) {
  return vi.waitFor(
    () => {
      const found = received.find(
        ({ event }) => event.type.startsWith("export.") && event.data.owner === sub,
      );
      if (!found) throw new Error("No event about an export has come");
      return found.event;
    },
    { timeout: 20_000 },
  );
}

describe("the receiver gets an event", () => {
  test("of an export that is ready, as the API answers it but without its files", async ({
    receiver,
    owner,
  }) => {
    const { dataset_id } = await datasetToExport(owner.client, { trigger_word: "hrbr" });
    const sent = { dataset_id, layout: "kohya" as const, size: 64 };
    const { export_id } = (await owner.client.createExport(sent)).export;
    const event = await exportEvent(receiver, owner);
    const { export: ready } = await owner.client.getExport({ export_id });
    expect(ready.files).toHaveLength(1);
    expect(event).toEqual({
      type: "export.ready",
      timestamp: expect.any(String),
      data: { owner: owner.sub, export: { ...ready, files: [] } },
    });
  });

  test("of an export that has failed, with the reason", async ({ stack, receiver, owner }) => {
    const { dataset_id, images } = await datasetToExport(owner.client);
    const [image] = images;
    // as an export whose zip is not written yet
    await stack.sql`update images set sha256 = ${"0".repeat(64)} where image_id = ${image!.image_id}`;
    const { export_id } = (await owner.client.createExport({ dataset_id, layout: "pairs" })).export;
    await owner.client.deleteImage({ image_id: image!.image_id, force: true });
    await sweep(stack);
    const event = await exportEvent(receiver, owner);
    const { export: failed } = await owner.client.getExport({ export_id });
    expect(failed).toMatchObject({ status: "failed", error: { code: "image.deleted" } });
    expect(event).toMatchObject({ type: "export.failed", data: { export: failed } });
  });

  test("of an export once: none when a ready one loses an image, expires or is deleted", async ({
    stack,
    receiver,
    owner,
  }) => {
    const { client, sub } = owner;
    const { dataset_id, images } = await datasetToExport(client);
    const first = (await client.createExport({ dataset_id, layout: "pairs" })).export;
    await exportEvent(receiver, owner);
    await stack.sql`update exports set expires_at = now() where export_id = ${first.export_id}`;
    await sweep(stack);
    await client.deleteExport(first);
    await client.deleteImage({ image_id: images[0]!.image_id, force: true });
    expect(
      await stack.sql`
        select type from events where owner_id = ${`user:${sub}`} and type like 'export.%'
      `,
    ).toEqual([{ type: "export.ready" }]);
  });
});
