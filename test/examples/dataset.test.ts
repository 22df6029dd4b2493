import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { startCommand } from "@keepsake/local/commands/example";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testPicture } from "../products/testPicture.ts";
import { type Example, installExample } from "./support/installExample.ts";

let example: Example;
beforeAll(async () => {
  example = await installExample("dataset");
});
afterAll(() => example?.remove());

describe("examples/dataset, with the standard library only", () => {
  test("uploads a folder with its captions and downloads it as a trainer reads it", async () => {
    const folder = await pictures(12);
    await writeFile(join(folder, "picture00.txt"), "TOK in a garden\n");
    const lines = [
      { file_name: "picture01.png", text: "TOK by the sea" },
      { file_name: "elsewhere.png", text: "TOK on a hill" },
    ];
    await writeFile(
      join(folder, "metadata.jsonl"),
      lines.map((line) => JSON.stringify(line)).join("\n"),
    );

    const { code, output } = await run(folder, "imagefolder", "TOK");
    expect([code, output]).toEqual([0, expect.stringMatching(/^Downloaded \S+\.zip$/m)]);
    expect(output).toContain("There is a caption but no picture: elsewhere.png\n");
    expect(output).toContain(`${basename(folder)} has 12 pictures, 12 of them from ${folder}\n`);
    expect(output).toContain("Warning: captions_missing (10)\n");
    const [zip = ""] = downloaded(output);
    expect(dirname(zip)).toBe(dirname(folder));
    const entries = await unzip(zip);
    expect(entries.filter((name) => name.endsWith(".png"))).toHaveLength(12);
    const metadata = await readFile(join(`${zip}.unzipped`, "train/metadata.jsonl"), "utf8");
    const texts = metadata
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).text);
    expect(texts.slice(0, 2)).toEqual(["TOK in a garden", "TOK by the sea"]);
  }, 60_000);

  test("changes the set of the same name when it runs again, and gives the trainer of a layout its captions", async () => {
    const folder = await pictures(2);
    await run(folder);
    await writeFile(join(folder, "picture01.txt"), "by the sea");
    const { code, output } = await run(folder, "pairs");
    expect([code, output]).toEqual([0, expect.stringContaining(" has 2 pictures, 2 of them")]);
    const entries = await unzip(downloaded(output)[0]!);
    expect(entries.filter((name) => name.endsWith(".png"))).toHaveLength(2);
    expect(entries).toContain("0002.txt");
  }, 60_000);

  test("takes a picture once that a folder has twice, with the caption of either, also when it runs again", async () => {
    const folder = await pictures(2);
    await copyFile(join(folder, "picture00.png"), join(folder, "copy.png"));
    await mkdir(join(folder, "control"));
    for (const name of ["copy.png", "picture01.png"])
      await copyFile(join(folder, "picture00.png"), join(folder, "control", name));
    await writeFile(join(folder, "picture00.txt"), "at home");
    for (let times = 0; times < 2; times++) {
      const { code, output } = await run(folder, "control");
      expect([code, output]).toEqual([0, expect.stringContaining(" has 2 pictures, 2 of them")]);
      const entries = await unzip(downloaded(output)[0]!);
      expect(entries.filter((name) => name.endsWith(".txt"))).toEqual(["dataset/0001.txt"]);
      expect(entries.filter((name) => name.startsWith("control/0"))).toHaveLength(2);
    }
  }, 60_000);

  test("gives a renamed picture the caption of its new name, and keeps one that is not in the folder any more", async () => {
    const folder = await pictures(2);
    await run(folder, "polaroids"); // a user may start five exports a day: this run starts none
    await rename(join(folder, "picture00.png"), join(folder, "renamed.png"));
    await rm(join(folder, "picture01.png"));
    const line = { file_name: "renamed.png", text: "at sea" };
    await writeFile(join(folder, "metadata.jsonl"), `\ufeff${JSON.stringify(line)}\n`);
    const { code, output } = await run(folder);
    expect([code, output]).toEqual([0, expect.stringContaining(" has 2 pictures, 1 of them from")]);
    expect(output).not.toContain("no picture");
    const zip = downloaded(output)[0]!;
    expect((await unzip(zip)).filter((name) => name.endsWith(".txt"))).toHaveLength(1);
    expect(await readFile(join(`${zip}.unzipped`, "0001.txt"), "utf8")).toBe("at sea");
  }, 60_000);

  test("says what is wrong with its arguments", async () => {
    expect(await example.run()).toEqual({ code: 1, output: expect.stringContaining("FOLDER") });
    expect(await run("nowhere")).toEqual({
      code: 1,
      output: expect.stringMatching(/^There is no folder \/.*nowhere\n$/),
    });
    const { code, output } = await run(await pictures(1), "polaroids");
    expect([code, output]).toEqual([1, expect.stringContaining("layout")]);
  });
});

/** Runs the example with these arguments. */
const run = (...args: string[]) => example.run([...startCommand(example.folder), ...args]);

/** A folder of its own with new pictures, picture00.png and so on. */
async function pictures(count: number): Promise<string> {
  const folder = join(example.folder, `pictures-${randomUUID()}`);
  await mkdir(folder);
  for (let index = 0; index < count; index++)
    await writeFile(join(folder, `picture${String(index).padStart(2, "0")}.png`), testPicture());
  return folder;
}

const downloaded = (output: string) => output.match(/(?<=^Downloaded ).+$/gm) ?? [];

/** Unpacks a zip into a folder beside it, as Python's zipfile does, and resolves to the names in it. */
async function unzip(zip: string): Promise<string[]> {
  const program = `
import sys, zipfile
zip = zipfile.ZipFile(sys.argv[1])
assert zip.testzip() is None
zip.extractall(sys.argv[2])
print("\\n".join(zip.namelist()))
`;
  const args = ["-c", program, zip, `${zip}.unzipped`];
  const { stdout } = await promisify(execFile)("python3", args);
  return stdout.trim().split("\n");
}
