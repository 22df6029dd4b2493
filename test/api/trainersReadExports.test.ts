import type { Client } from "@keepsake/client";
import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { drawnPicture } from "../support/drawnPicture.ts";
import { unpackZips } from "../support/exports/unpackZips.ts";
import { pixelsOf, psnr } from "../support/realisticFiles/comparePixels.ts";
import { newOwner, test } from "../support/stack.ts";
import { readAsAiToolkit } from "../support/trainers/aiToolkit.ts";
import { readAsImagefolder } from "../support/trainers/huggingFaceImagefolder.ts";
import { readAsKohya } from "../support/trainers/kohya.ts";
import { readAsReplicate, writtenByLlava } from "../support/trainers/replicate.ts";
import { bytesAt } from "../support/uploadRequests.ts";

const trigger_word = "hrbr";
const captions = ["[trigger] at dusk,\nwith ships", "a pier", null, "hrbr in fog"];

/** A PNG, a JPEG that is stored turned, a WebP and an animated WebP, as users send them. */
async function sentPictures() {
  const frames = [0, 1].map((at) =>
    drawnPicture(96, 64)
      .negate(at === 1)
      .png()
      .toBuffer(),
  );
  const join = { animated: true };
  return Promise.all([
    drawnPicture(120, 80).png().toBuffer(),
    drawnPicture(120, 80).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer(),
    drawnPicture(96, 64).webp({ lossless: true }).toBuffer(),
    Promise.all(frames).then((each) => sharp(each, { join }).webp({ lossless: true }).toBuffer()),
  ]);
}

/** A dataset of these pictures, each with the one before it as its control image. */
async function datasetOf(client: Client, sent: Buffer[]): Promise<string> {
  const images: string[] = [];
  for (const [at, bytes] of sent.entries()) {
    const visibility = at % 2 === 0 ? "public" : "private";
    const image_base64 = bytes.toString("base64");
    images.push((await client.createImage({ image_base64, visibility })).image.image_id);
  }
  const { dataset } = await client.createDataset({ name: "Harbours", trigger_word });
  const items = images.map((image_id, at) => ({
    ...{ image_id, caption: captions[at] ?? null },
    control_image_id: images.at(at - 1)!,
  }));
  await client.putDatasetItems({ dataset_id: dataset.dataset_id, items });
  return dataset.dataset_id;
}

/** The zips of an export. */
async function exported(client: Client, dataset_id: string, layout: ExportLayout, size?: number) {
  const options = { ...(layout === "kohya" && { class: "pier" }), ...(size && { size }) };
  const { export_id } = (await client.createExport({ dataset_id, layout, ...options })).export;
  const latest = async () => (await client.getExport({ export_id })).export;
  await expect.poll(async () => (await latest()).status, { timeout: 30_000 }).toBe("ready");
  return Promise.all((await latest()).files.map(({ url }) => bytesAt(url)));
}

/** Whether pictures are those that were sent, upright and each the first frame. */
async function expectPictures(pictures: Buffer[], sent: Buffer[]) {
  expect(pictures.length).toBe(sent.length);
  for (const [at, picture] of pictures.entries()) {
    const { format, orientation } = await sharp(picture).metadata();
    expect([format, orientation]).toEqual([at === 1 ? "jpeg" : "png", undefined]);
    expect(psnr(await pixelsOf(picture), await pixelsOf(sent[at]!)), `${at}`).toBeGreaterThan(40);
  }
}

describe("the zips of an export", () => {
  test("are read by every trainer as the pictures and captions of the dataset", async ({
    stack,
  }) => {
    const { client } = newOwner(stack);
    const sent = await sentPictures();
    const dataset_id = await datasetOf(client, sent);
    const bytesOf = (trained: { image: Buffer }[]) => trained.map(({ image }) => image);

    const pairs = await exported(client, dataset_id, "pairs");
    const replicate = readAsReplicate(pairs[0]!, { trigger_word });
    await expectPictures(bytesOf(replicate), sent);
    expect(replicate.map(({ caption }) => caption)).toEqual([
      ...["hrbr at dusk, with ships", "hrbr a pier", `hrbr ${writtenByLlava}`, "hrbr in fog"],
    ]);

    const kohya = readAsKohya(unpackZips(await exported(client, dataset_id, "kohya")));
    await expectPictures(bytesOf(kohya), sent);
    expect(kohya.map(({ caption, repeats }) => [caption, repeats])).toEqual([
      ["hrbr at dusk, with ships", 10],
      ["hrbr, a pier", 10],
      ["hrbr pier", 10],
      ["hrbr in fog", 10],
    ]);

    const rows = readAsImagefolder(unpackZips(await exported(client, dataset_id, "imagefolder")));
    await expectPictures(bytesOf(rows), sent);
    expect(rows.map(({ text }) => text)).toEqual([
      ...["hrbr at dusk,\nwith ships", "hrbr a pier", "hrbr", "hrbr in fog"],
    ]);

    const folder = unpackZips(await exported(client, dataset_id, "control"));
    const config = { folder_path: "dataset", control_path: "control", trigger_word };
    const controlled = readAsAiToolkit(folder, config);
    await expectPictures(bytesOf(controlled), sent);
    const controls = controlled.map(({ control }) => control!);
    await expectPictures([...controls.slice(1), controls[0]!], sent);
  });

  test("have pictures of at most the size that was asked for", async ({ stack }) => {
    const { client } = newOwner(stack);
    const dataset_id = await datasetOf(client, await sentPictures());
    const [zip] = await exported(client, dataset_id, "pairs", 90);
    const sizes = await Promise.all(
      readAsReplicate(zip!).map(async ({ image }) => {
        const { width, height } = await sharp(image).metadata();
        return [width, height];
      }),
    );
    expect(sizes).toEqual([
      [90, 60],
      [60, 90],
      [90, 60],
      [90, 60],
    ]);
  });
});
