import type { ExportItem, ZipEntry } from "@keepsake/core/exports/layouts/exportPlan";
import { zipEntries } from "@keepsake/core/exports/layouts/zipEntries";
import { describe, expect, test } from "vitest";
import { itemsWith, plansOf } from "../../support/exports/exportPlans.ts";

type Set = Parameters<typeof plansOf>;

const namesOf = (...set: Set) =>
  plansOf(...set).map((plan) => zipEntries(plan).map(({ name }) => name));
const textsOf = (...set: Set) =>
  Object.fromEntries(plansOf(...set).flatMap((plan) => zipEntries(plan).flatMap(textOf)));
const textOf = (entry: ZipEntry) => ("text" in entry ? [[entry.name, entry.text]] : []);

/** The captions that a layout writes. */
const captionsIn = (...set: Set) =>
  Object.values(textsOf(...set)).filter((text) => !/^\s*\{/.test(text as string));

describe("the files of a zip", () => {
  const items = itemsWith(["a red hat", null]);

  test("of `pairs` are pictures and captions side by side, and a manifest", () => {
    expect(namesOf("pairs", items)).toEqual([
      ["0001.png", "0001.txt", "0002.png", "manifest.json"],
    ]);
  });

  test("of `kohya` are in a folder that states the repeats, the trigger word and the class", () => {
    const options = { repeats: 4, class: "person" };
    expect(namesOf("kohya", items, { trigger_word: "ohwx", options })).toEqual([
      ["4_ohwx person/0001.png", "4_ohwx person/0001.txt", "4_ohwx person/0002.png"],
    ]);
    expect(namesOf("kohya", items)[0]![0]).toBe("10_/0001.png");
  });

  test("of `imagefolder` are in `train`, with metadata", () => {
    expect(namesOf("imagefolder", items)).toEqual([
      ["train/metadata.jsonl", "train/0001.png", "train/0002.png"],
    ]);
    expect(textsOf("imagefolder", items, { trigger_word: "ohwx" })).toEqual({
      "train/metadata.jsonl":
        '{"file_name":"0001.png","text":"ohwx a red hat"}\n{"file_name":"0002.png","text":"ohwx"}\n',
    });
  });

  test("of `control` have the same names in `dataset` and `control`", () => {
    expect(namesOf("control", items)).toEqual([
      [
        ...["dataset/0001.png", "dataset/0001.txt", "control/0001.png"],
        ...["dataset/0002.png", "control/0002.png"],
      ],
    ]);
  });

  test("of `control` are none when an item has no control image", () => {
    const [first] = itemsWith(["a hat"]) as [ExportItem];
    expect(() => namesOf("control", [{ ...first, control: null }])).toThrow("0001");
  });

  test("are named as JPEGs where they stay JPEGs, and as PNGs otherwise", () => {
    const formats = ["image/jpeg", "image/png", "image/webp"];
    const set = formats.flatMap((format, position) =>
      itemsWith(["x"], format).map((item) => ({ ...item, position })),
    );
    expect(namesOf("kohya", set)[0]!.filter((name) => !name.endsWith(".txt"))).toEqual([
      ...["10_/0001.jpg", "10_/0002.png", "10_/0003.png"],
    ]);
  });

  test.each(["pairs", "kohya", "imagefolder", "control"] as const)(
    "of 1,000 items in 4 zips of `%s` have different names in all zips",
    (layout) => {
      const set = itemsWith(Array.from({ length: 1_000 }, (_, at) => `caption ${at}`));
      const names = namesOf(layout, set, { perFile: 300 });
      expect(names.length).toBe(4);
      expect(new Set(names.flat()).size).toBe(names.flat().length);
      expect(names.flat().filter((name) => name.includes("1000."))).not.toEqual([]);
      expect(new Set(names.flat().map((name) => name.toLowerCase())).size).toBe(
        names.flat().length,
      );
    },
  );

  test("are the same for the same set", () => {
    const set: Set = ["pairs", items, { trigger_word: "ohwx" }];
    expect(JSON.stringify(textsOf(...set))).toBe(JSON.stringify(textsOf(...set)));
  });
});

describe("a folder's name", () => {
  const folderOf = (trigger_word: string, className?: string) =>
    namesOf("kohya", itemsWith(["x"]), { trigger_word, options: { class: className } })[0]![0]!
      .split("/")
      .slice(0, -1);

  test.each([
    ["../../etc/passwd", "10_..-..-etc-passwd"],
    ["..", "10_"],
    [".", "10_"],
    ['a/b\\c:d*e?f"g<h>i|j', "10_a-b-c-d-e-f-g-h-i-j"],
    ["a\u0000b\nc\u202Ed\u200Be", "10_a b c d e"],
    ["CON", "10_CON"],
    ["  dog.  ", "10_dog"],
    ["my_dog", "10_my_dog"],
    ["ネコ", "10_ネコ"],
    ["cafe\u0301", "10_café"],
    ["👩‍🚀", "10_👩 🚀"],
  ])("is safe for the trigger word %j", (trigger, folder) => {
    expect(folderOf(trigger)).toEqual([folder]);
  });

  test("has at most 200 bytes and no half character", () => {
    const [name] = folderOf("猫".repeat(50), "犬".repeat(50)) as [string];
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
    expect(name).toMatch(/^10_猫{50} 犬+$/);
  });
});

describe("a caption", () => {
  const captioned = (layout: Set[0], caption: string | null, trigger_word: string | null) =>
    captionsIn(layout, itemsWith([caption]), { trigger_word })[0];

  test("has the trigger word for `[trigger]`, wherever that is", () => {
    for (const layout of ["pairs", "kohya", "control"] as const)
      expect(captioned(layout, "[trigger] in a hat, like [trigger]", "oh$&wx")).toBe(
        "oh$&wx in a hat, like oh$&wx",
      );
  });

  test("without the trigger word gets it in front, as a tag of its own for kohya", () => {
    expect(captioned("pairs", "a red hat", "ohwx")).toBe("ohwx a red hat");
    expect(captioned("control", "a red hat", "ohwx")).toBe("ohwx a red hat");
    expect(captioned("kohya", "a red hat", "ohwx")).toBe("ohwx, a red hat");
  });

  test.each([
    ["tok", "a street in tokyo", "tok a street in tokyo"],
    ["tok", "tok-style street", "tok-style street"],
    ["tok", "a tok2 street, tok", "a tok2 street, tok"],
    ["кот", "котёл", "кот котёл"],
    ["猫", "黒猫の写真", "黒猫の写真"],
    ["(ohwx)", "a hat(ohwx)", "a hat(ohwx)"],
  ])("has the trigger word %j only as a word of its own: %j", (trigger, caption, written) => {
    expect(captioned("pairs", caption, trigger)).toBe(written);
  });

  test("keeps `[trigger]` in a set without a trigger word, for trainers that replace it", () => {
    expect(captioned("pairs", "[trigger] in a hat", null)).toBe("[trigger] in a hat");
  });

  test("keeps its lines, but is one line for kohya, which reads only the first", () => {
    const caption = "\r\n a red hat,\r\n\r\n  on a table\r\nat noon \n";
    expect(captioned("pairs", caption, null)).toBe("a red hat,\n\n  on a table\nat noon");
    expect(captioned("kohya", caption, null)).toBe("a red hat, on a table at noon");
  });

  test.each([null, "", " \n\t "])("that is %j is no file", (caption) => {
    for (const layout of ["pairs", "kohya", "control"] as const)
      expect(captioned(layout, caption, "ohwx"), layout).toBeUndefined();
  });

  test("has quotes, 4,000 characters of any script and lines in `imagefolder` too", () => {
    const caption = `"quoted" \\ 'and'\n{"file_name": "x"} \u2028${"é猫👩‍🚀".repeat(400)}`.slice(
      0,
      4_000,
    );
    const text = textsOf("imagefolder", itemsWith([caption]))["train/metadata.jsonl"] as string;
    expect(text.split("\n").length).toBe(2);
    expect(JSON.parse(text)).toEqual({ file_name: "0001.png", text: caption.trim() });
  });
});
