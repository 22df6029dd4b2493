import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "../structure/importGraph.ts";

const read = (file: string) => readFileSync(join(root, file), "utf8");

test("docs/uploaders.md shows the glue that the tests run", () => {
  const blocks = Array.from(
    read("docs/uploaders.md").matchAll(/```ts\n(.*?)```/gs),
    ([, text]) => text,
  );
  const files = ["uppyIntegration.ts", "filepondIntegration.ts", "dropzoneIntegration.ts"];
  expect(blocks).toEqual(files.map((file) => read(`test/uploaders/${file}`)));
});

test("the plugin's types are right with Uppy 5, as the check of all types finds with Uppy 6", async () => {
  const args = ["--project", join(root, "test/uploaders/uppy5")];
  const checked = promisify(execFile)(join(root, "node_modules/.bin/tsc"), args);
  expect(await checked.catch(({ stdout }) => ({ stdout }))).toMatchObject({ stdout: "" });
}, 60_000);
