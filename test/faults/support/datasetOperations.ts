import { expect } from "vitest";
import type { Operation } from "./operation.ts";
import { type Caller, uploadImage } from "./operationSetup.ts";

/** The routes that write datasets. Each reads what it wrote. */
export const datasetOperations: Record<string, Operation> = {
  createDataset: {
    async prepare({ client, sub }) {
      const idempotencyKey = encodeURIComponent(sub).slice(0, 255);
      return async () => {
        const { dataset } = await client.createDataset({ name: "Harbours" }, { idempotencyKey });
        const { datasets } = await client.listDatasets();
        expect(datasets.map(({ dataset_id }) => dataset_id)).toEqual([dataset.dataset_id]);
      };
    },
  },
  updateDataset: {
    async prepare(caller) {
      const { dataset_id } = await datasetOfTwo(caller);
      return () => caller.client.updateDataset({ dataset_id, trigger_word: "hrbr" });
    },
  },
  deleteDataset: {
    async prepare(caller) {
      const { dataset_id } = await datasetOfTwo(caller);
      return () => caller.client.deleteDataset({ dataset_id });
    },
    doneCodes: ["dataset.not_found"],
  },
  putDatasetItems: {
    async prepare(caller) {
      const { client } = caller;
      const { dataset_id, ids } = await datasetOfTwo(caller);
      const added = (await uploadImage(caller)).image_id;
      const items = [{ image_id: added, caption: "New" }, { image_id: ids[1]! }];
      return async () => {
        await client.putDatasetItems({ dataset_id, items, after: null });
        expect(await captionsOf(caller, dataset_id)).toEqual([
          [added, "New"],
          [ids[1], "1"],
          [ids[0], "0"],
        ]);
      };
    },
  },
  deleteDatasetItem: {
    async prepare(caller) {
      const { dataset_id, ids } = await datasetOfTwo(caller);
      return async () => {
        await caller.client.deleteDatasetItem({ dataset_id, image_id: ids[0]! });
        expect(await captionsOf(caller, dataset_id)).toEqual([[ids[1], "1"]]);
      };
    },
  },
  importCaptions: {
    async prepare(caller) {
      const { client, sql } = caller;
      const { dataset_id, ids } = await datasetOfTwo(caller);
      await sql`update images set filename = 'pier.png' where image_id = ${ids[1]!}`;
      const metadata = '{"file_name": "train/pier.jpg", "text": "A pier"}';
      return async () => {
        await client.importCaptions({ dataset_id, metadata });
        expect(await captionsOf(caller, dataset_id)).toEqual([
          [ids[0], "0"],
          [ids[1], "A pier"],
        ]);
      };
    },
  },
  "deleteImage of a dataset": {
    async prepare(caller) {
      const { dataset_id, ids } = await datasetOfTwo(caller);
      return async () => {
        await caller.client.deleteImage({ image_id: ids[0]!, force: true });
        expect(await captionsOf(caller, dataset_id)).toEqual([[ids[1], "1"]]);
      };
    },
    doneCodes: ["image.not_found"],
  },
};

/** A dataset of two images with the captions `0` and `1`. */
export async function datasetOfTwo(caller: Caller) {
  const { client } = caller;
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  const ids = [await uploadImage(caller), await uploadImage(caller)].map(
    ({ image_id }) => image_id,
  );
  const items = ids.map((image_id, index) => ({ image_id, caption: String(index) }));
  await client.putDatasetItems({ dataset_id, items });
  return { dataset_id, ids };
}

async function captionsOf({ client }: Caller, dataset_id: string) {
  const { items } = await client.listDatasetItems({ dataset_id });
  return items.map(({ image, caption }) => [image.image_id, caption]);
}
