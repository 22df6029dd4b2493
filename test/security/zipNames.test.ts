import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished } from "vitest";
import { png } from "../support/images.ts";
import { test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

/** What a caller may send as the name of a dataset, its trigger word and the class of an export. */
const names = {
  "a path to the folders above": "../../../../etc/cron.d/x",
  "an absolute path": "/etc/passwd",
  "a path of Windows": "C:\\Windows\\System32\\x",
  "a path to the folders above, of Windows": "..\\..\\..\\x",
  "a share of Windows": "\\\\server\\share\\x",
  "a device of Windows": "CON",
  "a device of Windows with an ending": "aux.txt",
  "what Windows forbids in names": 'a<b>c:d"e|f?g*h',
  "the folder itself": ".",
  "the folder above": "..",
  "full stops and spaces at its end": "a. . ",
  "a mark that turns the direction": "a\u202egnp.exe",
  "invisible marks": "a\u200b\u2066\ufeffb",
  "line breaks": "a\r\nx-injected: 1\r\n\r\nb",
  "other control characters": "a\u0001\u001b[31m\u0085b",
  "a quote and a header": 'a"; filename="b.exe',
  "nothing but marks": "\u202e\u200b",
  "only emoji": "🐈".repeat(25),
  "a private character": "a\ue000b",
};

describe("the zip of an export with these words in its names can be unpacked anywhere:", () => {
  test.for(Object.entries(names))("%s", async ([, words], { stack, owner: { client }, task }) => {
    task.meta.cases = 3;
    const image = await client.upload(fileOf(await png(32, "#445566")));
    const named = { name: words, trigger_word: words };
    const isRefused = /\p{Cc}/u.test(words);
    if (isRefused)
      await expect(client.createDataset(named)).rejects.toMatchObject({ code: "input.invalid" });
    const { dataset } = await client.createDataset(isRefused ? { name: "x" } : named);
    const { dataset_id } = dataset;
    // an earlier release stored them
    if (isRefused)
      await stack.sql`update datasets set ${stack.sql(named)} where dataset_id = ${dataset_id}`;
    const items = [{ image_id: image.image_id, caption: words }];
    await client.putDatasetItems({ dataset_id, items });

    const layout = "kohya" as const;
    const requested = await client.createExport({
      ...{ dataset_id, layout },
      ...(!isRefused && { class: words }),
    });
    const { files } = await client.waitForExport(requested.export.export_id);
    const [{ url, filename } = { url: "", filename: "" }] = files;
    expectSafe(filename);
    expect(filename).not.toContain("/");
    const answer = await fetch(url);
    const disposition = answer.headers.get("content-disposition") ?? "";
    expect(disposition).toMatch(
      /^attachment; filename="[^"\\\r\n]+\.zip"(; filename\*=UTF-8''[\w%.!#$&+^`|~-]+)?$/,
    );

    const unpacked = await unpack(new Uint8Array(await answer.arrayBuffer()));
    expect(unpacked.listed.length).toBe(2);
    for (const name of unpacked.listed) expectSafe(name);
    expect(unpacked.written.toSorted()).toEqual(unpacked.listed.toSorted());
  });
});

/** Whether a name of a file is the same in Linux, macOS and Windows, as it is shown, and below the folder that it is written to. */
function expectSafe(name: string) {
  expect(name).not.toMatch(/[\\:*?"<>|]|\p{C}/u);
  for (const part of name.split("/")) {
    expect(part).not.toMatch(/^$|^\s|[. ]$/);
    expect(part).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
    expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255);
  }
}

/** Unpacks a zip with Python's zipfile, which changes names that are not safe: the names in it, and those on the disk. */
async function unpack(zip: Uint8Array) {
  const folder = await mkdtemp(join(tmpdir(), "keepsake-zip-names-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [file, target] = [join(folder, "a.zip"), join(folder, "deep/in/a/folder")];
  await writeFile(file, zip);
  await mkdir(target, { recursive: true });
  const program = `
import json, sys, zipfile
zip = zipfile.ZipFile(sys.argv[1])
assert zip.testzip() is None
zip.extractall(sys.argv[2])
print(json.dumps(zip.namelist()))
`;
  const { stdout } = await promisify(execFile)("python3", ["-c", program, file, target]);
  const entries = await readdir(target, { recursive: true, withFileTypes: true });
  const written = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(target, join(entry.parentPath, entry.name)));
  return { listed: JSON.parse(stdout) as string[], written };
}
