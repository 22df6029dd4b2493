import type { DatasetWarning } from "@keepsake/contract/api/datasets";
import { describe, expect } from "vitest";
import { gpsJpeg } from "../support/images.ts";
import { type InsertedImage, insertImages } from "../support/insertImages.ts";
import { type Owner, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("a dataset warns", () => {
  test("of fewer than ten images", async ({ stack, owner }) => {
    const nine = await setOf(stack, owner, Array(9).fill({}));
    expect(nine.warnings).toEqual([{ code: "few_images", count: 9, image_ids: [] }]);
    const ten = await setOf(stack, owner, Array(10).fill({}));
    expect(ten.warnings).toEqual([]);
  });

  test("of images with a side under 512 px", async ({ stack, owner }) => {
    const sizes = [
      { width: 511, height: 2_000 },
      { width: 512, height: 512 },
      { width: 2_000, height: 511 },
    ];
    const { warnings, ids } = await setOf(stack, owner, [...sizes, ...Array(10).fill({})]);
    expect(warnings).toEqual([{ code: "small_images", count: 2, image_ids: [ids[0], ids[2]] }]);
  });

  test("of images of equal bytes", async ({ stack, owner }) => {
    const [one, two] = ["1".repeat(64), "2".repeat(64)];
    const { warnings, ids } = await setOf(stack, owner, [
      ...[{ sha256: one }, { sha256: two }, { sha256: one }, { sha256: two }, { sha256: one }],
      ...Array(10).fill({}),
    ]);
    expect(warnings).toEqual([{ code: "duplicate_images", count: 5, image_ids: ids.slice(0, 5) }]);
  });

  test("of images without a caption, an empty one included", async ({ stack, owner }) => {
    const captions = ["A", null, "", ...Array(9).fill("B")];
    const { warnings, ids } = await setOf(stack, owner, Array(12).fill({}), { captions });
    expect(warnings).toEqual([{ code: "captions_missing", count: 2, image_ids: [ids[1], ids[2]] }]);
  });

  test("of control images whose proportions differ by more than 1 %", async ({ stack, owner }) => {
    const controls: [InsertedImage, InsertedImage][] = [
      [size(1_000, 1_000), size(1_010, 1_000)],
      [size(1_000, 1_000), size(1_011, 1_000)],
      [size(1_000, 1_000), size(1_000, 1_011)],
      [size(1_600, 1_200), size(800, 600)],
      [size(1_600, 1_200), size(1_200, 1_600)],
    ];
    const images = controls.map(([image]) => image);
    const { warnings, ids } = await setOf(stack, owner, [...images, ...Array(10).fill({})], {
      controls: controls.map(([, control]) => control),
    });
    expect(warnings).toEqual([
      { code: "different_proportions", count: 3, image_ids: [ids[1], ids[2], ids[4]] },
    ]);
  });

  test("by the sides as a photo is shown, not as it is stored", async ({ stack, owner }) => {
    const { client } = owner;
    const photo = await client.upload(fileOf(await gpsJpeg(800, 600)), { keepMetadata: true });
    expect([photo.width, photo.height]).toEqual([600, 800]);
    const control = size(600, 800);
    const { dataset_id, ids } = await setOf(stack, owner, Array(9).fill({}), {
      controls: [control],
    });
    const [tall] = (await insertImages(stack, owner, [control])) as [string];
    const items = [
      { image_id: photo.image_id, caption: "A", control_image_id: tall },
      { image_id: ids[0]!, control_image_id: null },
    ];
    const { dataset } = await client.putDatasetItems({ dataset_id, items });
    expect(dataset.warnings).toEqual([]);
  });

  test("with the first 100 of the images, and how many there are", async ({ stack, owner }) => {
    const captions = Array(150).fill(null);
    const { warnings, ids } = await setOf(stack, owner, Array(150).fill(size(100, 100)), {
      captions,
    });
    expect(warnings).toEqual([
      { code: "small_images", count: 150, image_ids: ids.slice(0, 100) },
      { code: "captions_missing", count: 150, image_ids: ids.slice(0, 100) },
    ]);
  });
});

const size = (width: number, height: number) => ({ width, height });

/** A dataset of these images, by default with captions, and what it warns of. */
async function setOf(
  stack: TestStack,
  owner: Owner,
  images: InsertedImage[],
  { captions = images.map(() => "A"), controls = [] as InsertedImage[] } = {},
): Promise<{ dataset_id: string; ids: string[]; warnings: DatasetWarning[] }> {
  const { client } = owner;
  const ids = await insertImages(stack, owner, images);
  const controlIds = await insertImages(stack, owner, controls);
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  const items = ids.map((image_id, index) => ({
    ...{ image_id, caption: captions[index]! },
    ...(controlIds[index] && { control_image_id: controlIds[index] }),
  }));
  const { dataset } = await client.putDatasetItems({ dataset_id, items });
  return { dataset_id, ids, warnings: dataset.warnings };
}
