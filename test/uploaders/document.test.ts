import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../structure/importGraph.ts";

const read = (file: string) => readFileSync(join(root, file), "utf8");

test("docs/uploaders.md shows the glue that the tests run", () => {
  const blocks = Array.from(
    read("docs/uploaders.md").matchAll(/```ts\n(.*?)```/gs),
    ([, text]) => text,
  );
  const files = [
    "filepondIntegration.ts",
    "dropzoneIntegration.ts",
    "uppy6Integration.ts",
    "uppy5/uppy5Integration.ts",
  ];
  expect(blocks).toEqual(files.map((file) => read(`test/uploaders/${file}`)));
});
