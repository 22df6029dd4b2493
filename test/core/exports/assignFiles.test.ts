import { assignFiles } from "@keepsake/core/exports/everything/assignFiles";
import { imageName, portraitName } from "@keepsake/core/exports/everything/fileNames";
import { describe, expect, test } from "vitest";

/** How many pictures each zip has. */
function sizes(bytes: number[]) {
  const assign = assignFiles();
  const files = bytes.map((each) => assign(each).file_index);
  const counts = [...Map.groupBy(files, (file) => file).values()].map(({ length }) => length);
  return { counts, ...assign.totals() };
}

describe("a zip of an export of everything", () => {
  test("has at most 2,000 pictures and 2 GB, and at least one picture", () => {
    const many = (count: number, bytes: number) => Array.from({ length: count }, () => bytes);
    expect(sizes(many(2_000, 1)).counts).toEqual([2_000]);
    expect(sizes(many(4_001, 1)).counts).toEqual([2_000, 2_000, 1]);
    expect(sizes(many(4, 1_000_000_000)).counts).toEqual([2, 2]);
    expect(sizes([3_000_000_000, 1, 2_000_000_000]).counts).toEqual([1, 1, 1]);
    expect(sizes([])).toEqual({ counts: [], items: 0, files: 1, bytes: 0 });
  });
});

describe("the name of a picture in an export of everything", () => {
  const id = "019a8b2f-0c5e-7d94-a1b7-0e2f84c6d913";
  const cases: [string | null, string][] = [
    ["harbour.jpg", `harbour_${id}`],
    ["IMG_2031.HEIC", `IMG_2031_${id}`],
    ["v1.2 final", `v1.2 final_${id}`],
    ["港の夜.png", `港の夜_${id}`],
    ["..\\..\\boot.ini", `-..-boot_${id}`],
    ["../../etc/passwd", `-..-etc-passwd_${id}`],
    ["CON.png", `CON_${id}`],
    [".htaccess", `htaccess_${id}`],
    ["exe\u202egnp.png", `exe gnp_${id}`],
    ["a\0b\nc.png", `a b c_${id}`],
    [" . ", id],
    [".png", id],
    ["", id],
    [null, id],
  ];
  test.for(cases)("%j is safe to unpack, and unique by its id", ([filename, stem]) => {
    expect(imageName(id, filename, `images/${id}.jpg`)).toBe(`images/${stem}.jpg`);
  });

  test("has at most 255 bytes in a folder", () => {
    for (const name of ["x".repeat(300), "港".repeat(200), "👩‍🚀".repeat(60)]) {
      const [, file] = portraitName(id, name).split("/");
      expect(Buffer.byteLength(file!)).toBeLessThanOrEqual(255);
      expect(file!.endsWith(`_${id}.png`)).toBe(true);
      expect(file!.isWellFormed()).toBe(true);
    }
  });
});
