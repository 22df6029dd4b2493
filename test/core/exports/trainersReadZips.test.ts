import { describe, expect, test } from "vitest";
import { itemsWith, zipsOf } from "../../support/exports/exportPlans.ts";
import { unpackZips } from "../../support/exports/unpackZips.ts";
import { readAsAiToolkit } from "../../support/trainers/aiToolkit.ts";
import { readAsImagefolder } from "../../support/trainers/huggingFaceImagefolder.ts";
import { readAsKohya } from "../../support/trainers/kohya.ts";
import { readAsReplicate, writtenByLlava } from "../../support/trainers/replicate.ts";

const trigger_word = "ohwx";
const items = itemsWith(["a red hat", "[trigger], a blue hat", null, "ohwx, tags,\nmore tags"]);

/** What a trainer sees, with the bytes of its images as the texts they were made of. */
const seen = <Trained extends { image: Buffer; control?: Buffer | undefined }>(
  trained: Trained[],
) => trained.map((each) => ({ ...each, image: String(each.image), ...controlOf(each) }));

const controlOf = ({ control }: { control?: Buffer | undefined }) =>
  control && { control: String(control) };

describe("Replicate's trainer, given a zip of `pairs`", () => {
  test("sees every image with its caption, and writes one for an image without", async () => {
    const [zip] = (await zipsOf("pairs", items, { trigger_word })) as [Buffer];
    expect(seen(readAsReplicate(zip, { trigger_word }))).toEqual([
      { image: "image 0", caption: "ohwx a red hat" },
      { image: "image 1", caption: "ohwx, a blue hat" },
      { image: "image 2", caption: `ohwx ${writtenByLlava}` },
      { image: "image 3", caption: "ohwx, tags, more tags" },
    ]);
  });

  test("replaces `[trigger]` by its own trigger word when the set has none", async () => {
    const [zip] = (await zipsOf("pairs", items)) as [Buffer];
    const captions = readAsReplicate(zip, { trigger_word: "TOK" }).map(({ caption }) => caption);
    expect(captions[1]).toBe("TOK, a blue hat");
  });
});

describe("ai-toolkit", () => {
  test("sees every image of several zips of `pairs` in one folder, with its caption", async () => {
    const folder = unpackZips(await zipsOf("pairs", items, { trigger_word, perFile: 3 }));
    const config = { trigger_word, default_caption: "a photo of [trigger]" };
    expect(seen(readAsAiToolkit(folder, config))).toEqual([
      { image: "image 0", caption: "ohwx a red hat" },
      { image: "image 1", caption: "ohwx,  a blue hat" },
      { image: "image 2", caption: "a photo of ohwx" },
      { image: "image 3", caption: "ohwx,  tags, \nmore tags" },
    ]);
  });

  test("sees the caption and the control image of every image of `control`", async () => {
    const folder = unpackZips(await zipsOf("control", items, { trigger_word, perFile: 3 }));
    const config = { folder_path: "dataset", control_path: "control", trigger_word };
    expect(seen(readAsAiToolkit(folder, config))).toEqual([
      { image: "image 0", caption: "ohwx a red hat", control: "control 0" },
      { image: "image 1", caption: "ohwx,  a blue hat", control: "control 1" },
      { image: "image 2", caption: "ohwx ", control: "control 2" },
      { image: "image 3", caption: "ohwx,  tags, \nmore tags", control: "control 3" },
    ]);
  });

  test("finds a control image of another format than its image", async () => {
    const [jpeg] = itemsWith(["a hat"], "image/jpeg");
    const mixed = [{ ...items[0]!, control: jpeg!.control }];
    const folder = unpackZips(await zipsOf("control", mixed));
    expect([...folder.keys()]).toContain("control/0001.jpg");
    const config = { folder_path: "dataset", control_path: "control" };
    expect(String(readAsAiToolkit(folder, config)[0]?.control)).toBe("control 0");
  });
});

describe("sd-scripts, given zips of `kohya` in one folder", () => {
  const options = { repeats: 5, class: "hat" };
  const unpacked = async (word: string | null = trigger_word) =>
    unpackZips(await zipsOf("kohya", items, { trigger_word: word, options, perFile: 3 }));

  test("sees every image with its repeats and its whole caption, or trigger word and class", async () => {
    expect(seen(readAsKohya(await unpacked()))).toEqual([
      { image: "image 0", caption: "ohwx, a red hat", repeats: 5 },
      { image: "image 1", caption: "ohwx, a blue hat", repeats: 5 },
      { image: "image 2", caption: "ohwx hat", repeats: 5 },
      { image: "image 3", caption: "ohwx, tags, more tags", repeats: 5 },
    ]);
  });

  test("keeps the trigger word in front when it shuffles tags and keeps the first", async () => {
    const shuffled = readAsKohya(await unpacked(), { shuffle_caption: true, keep_tokens: 1 });
    const captioned = shuffled.filter(({ caption }) => caption.includes(","));
    expect(captioned.map(({ caption }) => caption.split(",")[0])).toEqual(["ohwx", "ohwx", "ohwx"]);
  });

  test.each([null, "../up", "a_b_c_d_e", "10", "ネコ"])(
    "sees all images with the trigger word %j",
    async (word) => {
      const trained = readAsKohya(await unpacked(word));
      expect(trained.map(({ repeats }) => repeats)).toEqual([5, 5, 5, 5]);
    },
  );
});

describe("Hugging Face datasets, given zips of `imagefolder` in one folder", () => {
  test.each([4, 3, 1])("sees every image with its text, of zips of %i", async (perFile) => {
    const zips = await zipsOf("imagefolder", items, { trigger_word, perFile });
    expect(seen(readAsImagefolder(unpackZips(zips)))).toEqual([
      { image: "image 0", text: "ohwx a red hat" },
      { image: "image 1", text: "ohwx, a blue hat" },
      { image: "image 2", text: "ohwx" },
      { image: "image 3", text: "ohwx, tags,\nmore tags" },
    ]);
  });

  test("sees one type of text in all zips, also where no image has a caption", async () => {
    const set = itemsWith([null, null, "a red hat"]);
    const folder = unpackZips(await zipsOf("imagefolder", set, { perFile: 2 }));
    expect(readAsImagefolder(folder).map(({ text }) => text)).toEqual(["", "", "a red hat"]);
  });

  test("sees the same rows in each zip by itself", async () => {
    const zips = await zipsOf("imagefolder", items, { perFile: 3 });
    expect(zips.map((zip) => readAsImagefolder(unpackZips([zip])).length)).toEqual([3, 1]);
  });
});

describe("every layout", () => {
  const captions = [
    "\"quoted\", 'single' and `ticks`",
    "line one\nline two\r\nline three",
    "猫が帽子をかぶる 👩‍🚀 é",
    `${"long ".repeat(800)}`,
    "back\\slash {a|b} $& %s",
  ];

  test("keeps what a caption says, of any script and up to 4,000 characters", async () => {
    const set = itemsWith(captions);
    const kept = captions.map((caption) => caption.replace(/\r\n/g, "\n").trim());
    const oneLine = kept.map((caption) => caption.replaceAll("\n", " "));
    const control = { folder_path: "dataset", control_path: "control" };
    const folder = async (...[layout]: Parameters<typeof zipsOf>) =>
      unpackZips(await zipsOf(layout, set, { perFile: 2 }));

    const texts = (file: Map<string, Buffer>) =>
      [...file].filter(([name]) => name.endsWith(".txt")).map(([, bytes]) => String(bytes));
    expect(texts(await folder("pairs", set))).toEqual(kept);
    expect(texts(await folder("control", set))).toEqual(kept);
    expect(readAsAiToolkit(await folder("control", set), control).length).toBe(5);
    expect(readAsKohya(await folder("kohya", set)).map(({ caption }) => caption)).toEqual(oneLine);
    expect(readAsImagefolder(await folder("imagefolder", set)).map(({ text }) => text)).toEqual(
      kept,
    );
  });

  test.each(["pairs", "kohya", "imagefolder", "control"] as const)(
    "has 1,000 images in 4 zips that are unpacked into one folder: `%s`",
    async (layout) => {
      const set = itemsWith(Array.from({ length: 1_000 }, (_, at) => `caption ${at}`));
      const zips = await zipsOf(layout, set, { perFile: 300 });
      const folder = unpackZips(zips);
      const trained = {
        pairs: () => readAsAiToolkit(folder),
        kohya: () => readAsKohya(folder),
        imagefolder: () => readAsImagefolder(folder),
        control: () => readAsAiToolkit(folder, { folder_path: "dataset" }),
      }[layout]();
      const images = trained.map(({ image }) => String(image));
      expect(images.toSorted()).toEqual(set.map(({ image }) => image.key).toSorted());
    },
  );
});
