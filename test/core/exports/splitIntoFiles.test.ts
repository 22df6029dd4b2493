import type { ExportLayout } from "@keepsake/contract/exportLayouts";
import type { ExportItem } from "@keepsake/core/exports/layouts/exportPlan";
import { splitIntoFiles } from "@keepsake/core/exports/splitIntoFiles";
import { describe, expect, test } from "vitest";

const image = (bytes: number, side = 1_000, content_type = "image/png") => ({
  ...{ image_id: "", key: "", visibility: "public" as const, content_type, sha256: "" },
  ...{ bytes, width: side, height: side },
});

const items = (count: number, item: Partial<ExportItem> = {}): ExportItem[] =>
  Array.from({ length: count }, (_, position) => ({
    ...{ position, caption: null, image: image(5_000_000), control: null },
    ...item,
  }));

const sizes = (list: ExportItem[], size?: number, layout: ExportLayout = "pairs") =>
  splitIntoFiles(list, { layout, size }).map((file) => file.length);

describe("a zip of an export", () => {
  test("has at most 300 images", () => {
    expect(sizes(items(300))).toEqual([300]);
    expect(sizes(items(301))).toEqual([300, 1]);
    expect(sizes(items(1_000))).toEqual([300, 300, 300, 100]);
  });

  test("has at most 300 pictures, of which control images are some where the layout has them", () => {
    const control = image(5_000);
    expect(sizes(items(301, { control }), undefined, "control")).toEqual([150, 150, 1]);
    expect(sizes(items(301, { control }))).toEqual([300, 1]);
  });

  test("has about 2 GB of images and control images, as far as one alone is not larger", () => {
    expect(sizes(items(250, { image: image(20_000_000) }))).toEqual([100, 100, 50]);
    const control = image(20_000_000);
    const pairs = items(100, { image: image(20_000_000), control });
    expect(sizes(pairs, undefined, "control")).toEqual([50, 50]);
    expect(sizes(pairs)).toEqual([100]);
    expect(sizes(items(2, { image: image(3_000_000_000) }))).toEqual([1, 1]);
  });

  test("counts a WebP as the PNG that it becomes, in the size that is asked for", () => {
    const webp = image(100_000, 4_000, "image/webp");
    expect(sizes(items(60, { image: webp }))).toEqual([31, 29]);
    expect(sizes(items(60, { image: webp }), 1_000)).toEqual([60]);
  });

  test("counts a JPEG with what turning some of them adds, and a PNG that is made smaller as its pixels", () => {
    const jpeg = (side: number) => image(10_000_000, side, "image/jpeg");
    expect(sizes(items(200, { image: jpeg(4_000) }))).toEqual([153, 47]);
    expect(sizes(items(200, { image: jpeg(2_000) }))).toEqual([166, 34]);
    expect(sizes(items(200, { image: jpeg(8_000) }), 2_000)).toEqual([166, 34]);
    const palette = image(2_000_000, 4_000);
    expect(sizes(items(60, { image: palette }), 4_000)).toEqual([60]);
    expect(sizes(items(60, { image: palette }), 3_999)).toEqual([31, 29]);
  });

  test("goes on where the one before ended", () => {
    const files = splitIntoFiles(items(301), { layout: "pairs" });
    expect(files.flat().map(({ position }) => position)).toEqual(
      Array.from({ length: 301 }, (_, position) => position),
    );
  });
});
