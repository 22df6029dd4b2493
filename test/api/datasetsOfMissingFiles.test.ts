import { fix } from "@keepsake/ops/audit/audit";
import { describe, expect } from "vitest";
import { datasetToExport } from "../support/exports/datasetToExport.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

describe("an image whose missing file the audit has noted", () => {
  test("is in no dataset any more, neither as the API shows it nor as it is exported", async ({
    owner: { client },
  }) => {
    const { dataset_id, images } = await datasetToExport(client, { images: 3 });
    const [first, lost, last] = images.map(({ image_id }) => image_id) as [string, string, string];
    const items = [{ image_id: first, control_image_id: lost }];
    await client.putDatasetItems({ dataset_id, items });
    await noteMissing(images[1]!);

    const { dataset } = await client.getDataset({ dataset_id });
    expect(dataset).toMatchObject({ item_count: 2, bytes: images[0]!.bytes! + images[2]!.bytes! });
    expect((await client.listDatasets()).datasets).toMatchObject([{ dataset_id, item_count: 2 }]);
    const listed = (await client.listDatasetItems({ dataset_id })).items;
    expect(listed).toMatchObject([
      { image: { image_id: first }, position: 1, control_image: null },
      { image: { image_id: last }, position: 2 },
    ]);
    const { export: exported } = await client.createExport({ dataset_id, layout: "pairs" });
    expect(exported.items).toBe(2);
    expect(exported.warnings).toEqual(dataset.warnings);
    await client.deleteExport(exported);
    await expect(client.createExport({ dataset_id, layout: "control" })).rejects.toMatchObject({
      code: "dataset.control_missing",
      details: { image_ids: [first, last] },
    });
  });

  test("makes room in its dataset for another one", async ({ owner: { client } }) => {
    const { dataset_id, images } = await datasetToExport(client, { images: 2 });
    await noteMissing(images[0]!);
    const { image_id } = images[1]!;
    const put = await client.putDatasetItems({ dataset_id, items: [{ image_id }] });
    expect(put.dataset.item_count).toBe(1);
    expect(put.items).toMatchObject([{ position: 1 }]);
  });
});

const noteMissing = ({ image_id, url }: { image_id: string; url?: string | null }) =>
  fix({
    orphans: [],
    missing: [{ kind: "image", id: image_id, url: url!, private_key: null }],
    unfinished: [],
  });
