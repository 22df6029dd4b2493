import { limits } from "@keepsake/contract/limits";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { insertImages } from "../support/insertImages.ts";
import {
  type Owner,
  request,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("importing captions", () => {
  test("matches whole names, names without folders, and names without their extension", async ({
    stack,
    owner,
  }) => {
    const { ids, send, captions } = await setOf(stack, owner, [
      "a.png",
      "b.webp",
      "ünï 3.jpg",
      "d",
    ]);
    const answer = await send(
      { file_name: "a.png", text: "A" },
      { file_name: "train/deep\\b.webp", text: "B, with\na line break" },
      { file_name: "train/u\u0308ni\u0308 3.png", text: "Ü" },
      { file_name: "d.jpeg", text: "D", width: 7 },
    );
    expect(answer).toMatchObject({
      matched: [
        { line: 1, file_name: "a.png", image_id: ids[0] },
        { line: 2, file_name: "train/deep\\b.webp", image_id: ids[1] },
        { line: 3, file_name: "train/ünï 3.png", image_id: ids[2] },
        { line: 4, file_name: "d.jpeg", image_id: ids[3] },
      ],
      unmatched: [],
      dataset: { item_count: 4, warnings: [{ code: "few_images" }] },
    });
    expect(await captions()).toEqual(["A", "B, with\na line break", "Ü", "D"]);
  });

  test("finds images that were uploaded as files of another type", async ({
    owner: { client },
  }) => {
    const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
    const file = fileOf(await png(64, "#0d0101"), "IMG_0417.gif.png");
    const { image_id } = await client.upload(file);
    const unnamed = await client.upload(fileOf(await png(64, "#0d0102")));
    const items = [{ image_id }, { image_id: unnamed.image_id }];
    await client.putDatasetItems({ dataset_id, items });
    const metadata = '{"file_name": "img/IMG_0417.gif.webp", "text": "A pier"}';
    const { matched } = await client.importCaptions({ dataset_id, metadata });
    expect(matched).toEqual([{ line: 1, file_name: "img/IMG_0417.gif.webp", image_id }]);
  });

  test("says of every other line why it sets no caption", async ({ stack, owner }) => {
    const { dataset_id, captions } = await setOf(stack, owner, ["a.png"]);
    const lines = [
      "a.png",
      "7",
      "null",
      '{"text":"A"}',
      '{"file_name":7,"text":"A"}',
      '{"file_name":"a.png"}',
      '{"file_name":"a.png","text":["A"]}',
      '{"file_name":"a.png","text":" "}',
      `{"file_name":"a.png","text":"${"x".repeat(limits.dataset_caption_chars + 1)}"}`,
      '{"file_name":"a.png","text":"a\\u0000b"}',
      '{"file_name":"a.png","text":"\\ud83d"}',
      "",
      '{"file_name":"b.png","text":"B"}',
      '{"file_name":"..","text":"B"}',
      '{"__proto__":{"file_name":"a.png"},"text":"A"}',
    ];
    const { matched, unmatched } = await owner.client.importCaptions({
      dataset_id,
      metadata: lines.join("\r\n"),
    });
    const file_name = "a.png";
    expect(unmatched).toEqual([
      { line: 1, reason: "not_json" },
      { line: 2, reason: "not_json" },
      { line: 3, reason: "not_json" },
      { line: 4, reason: "no_file_name" },
      { line: 5, reason: "no_file_name" },
      { line: 6, file_name, reason: "no_text" },
      { line: 7, file_name, reason: "no_text" },
      { line: 8, file_name, reason: "no_text" },
      { line: 9, file_name, reason: "text_too_long" },
      { line: 10, file_name, reason: "text_not_storable" },
      { line: 11, file_name, reason: "text_not_storable" },
      { line: 13, file_name: "b.png", reason: "not_in_dataset" },
      { line: 14, file_name: "..", reason: "not_in_dataset" },
      { line: 15, reason: "no_file_name" },
    ]);
    expect(matched).toEqual([]);
    expect(await captions()).toEqual([null]);
  });

  test("never guesses between images, nor between files, of one name", async ({ stack, owner }) => {
    const names = ["same.png", "same.png", "x.png", "x.jpg", "y.png", "z.png", null, "w.jpg"];
    const { send, captions, ids } = await setOf(stack, owner, names);
    const { matched, unmatched } = await send(
      { file_name: "same.png", text: "either" },
      { file_name: "x.webp", text: "the one that is left" },
      { file_name: "one/y.png", text: "either" },
      { file_name: "two/y.png", text: "either" },
      { file_name: "z.png", text: "the very name" },
      { file_name: "z.jpg", text: "another file" },
      { file_name: "null", text: "none" },
      { file_name: "x.jpg", text: "its own name" },
      { file_name: "w.png", text: "either" },
      { file_name: "w.gif", text: "either" },
    );
    expect(matched).toEqual([
      // x.jpg is taken by its own name, so one image is left
      { line: 2, file_name: "x.webp", image_id: ids[2] },
      { line: 5, file_name: "z.png", image_id: ids[5] },
      { line: 8, file_name: "x.jpg", image_id: ids[3] },
    ]);
    expect(unmatched).toEqual([
      { line: 1, file_name: "same.png", reason: "ambiguous" },
      { line: 3, file_name: "one/y.png", reason: "ambiguous" },
      { line: 4, file_name: "two/y.png", reason: "ambiguous" },
      { line: 6, file_name: "z.jpg", reason: "ambiguous" },
      { line: 7, file_name: "null", reason: "not_in_dataset" },
      { line: 9, file_name: "w.png", reason: "ambiguous" },
      { line: 10, file_name: "w.gif", reason: "ambiguous" },
    ]);
    expect(await captions()).toEqual([
      ...[null, null, "the one that is left", "its own name", null, "the very name", null, null],
    ]);
  });

  test("keeps other captions and every place, and the last of several lines counts", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { ids, send, captions, dataset_id } = await setOf(stack, owner, ["a.png", "b.png"]);
    const items = ids.map((image_id) => ({ image_id, caption: "Before" }));
    await client.putDatasetItems({ dataset_id, items });
    const lines = ["First", "Last"].map((text) => ({ file_name: "b.png", text }));
    expect((await send(...lines)).matched.map(({ line }) => line)).toEqual([1, 2]);
    expect(await captions()).toEqual(["Before", "Last"]);
    const metadata = `\ufeff\n\n${JSON.stringify({ file_name: "a.png", text: "With a BOM" })}\n\n`;
    const { matched } = await client.importCaptions({ dataset_id, metadata });
    expect(matched).toEqual([{ line: 3, file_name: "a.png", image_id: ids[0] }]);
    expect(await captions()).toEqual(["With a BOM", "Last"]);
    expect(await client.importCaptions({ dataset_id, metadata: "" })).toMatchObject({
      matched: [],
      unmatched: [],
    });
  });

  test("reads captions of 4,000 characters for 1,000 images at once", async ({ stack, owner }) => {
    const names = Array.from({ length: 1_000 }, (_, index) => `${index}.png`);
    const { send, dataset_id } = await setOf(stack, owner, names);
    const text = "y".repeat(limits.dataset_caption_chars);
    const { matched, dataset } = await send(
      ...names.map((name) => ({ file_name: `train/${name}`, text })),
    );
    expect(matched).toHaveLength(1_000);
    expect(dataset.warnings).toEqual([]);
    const [row] = await stack.sql`
      select count(*)::integer as count from dataset_items
      where dataset_id = ${dataset_id} and caption = ${text}
    `;
    expect(row?.count).toBe(1_000);
  });

  test("takes 5,000 lines, and answers each of them", async ({ stack, owner }) => {
    const { dataset_id } = await setOf(stack, owner, ["a.png"]);
    const { sub } = owner;
    const send = (lines: number) => {
      const metadata = `${JSON.stringify({ file_name: "é".repeat(250), text: "x" })}\n`.repeat(
        lines,
      );
      return request(stack, "PUT", `/datasets/${dataset_id}/captions`, { sub, body: { metadata } });
    };
    const answer = await send(limits.captions_lines);
    expect(answer.body.unmatched).toHaveLength(limits.captions_lines);
    expect(JSON.stringify(answer.body).length).toBeLessThan(6_000_000);
    const refused = await send(limits.captions_lines + 1);
    expect([refused.status, refused.body.error.code]).toEqual([422, "input.invalid"]);
    expect(refused.body.error.message).toMatch(/5000 lines/);
  });
});

/** A dataset of new images with these file names, its captions in order, and a way to import lines. */
async function setOf(stack: TestStack, owner: Owner, filenames: (string | null)[]) {
  const { client } = owner;
  const images = filenames.map((filename) => ({ filename: filename?.normalize("NFC") ?? null }));
  const ids = await insertImages(stack, owner, images);
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  for (let from = 0; from < ids.length; from += 200) {
    const items = ids.slice(from, from + 200).map((image_id) => ({ image_id }));
    await client.putDatasetItems({ dataset_id, items });
  }
  return {
    ids,
    dataset_id,
    send: (...lines: object[]) => {
      const metadata = lines.map((line) => JSON.stringify(line)).join("\n");
      return client.importCaptions({ dataset_id, metadata });
    },
    captions: async () =>
      (await client.listDatasetItems({ dataset_id })).items.map(({ caption }) => caption),
  };
}
