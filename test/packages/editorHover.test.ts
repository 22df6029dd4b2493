import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { npmPackage } from "./support/installNpmPackage.ts";
import { packed, projectWith } from "./support/packForTests.ts";

const program = `
import { createClient, type Image, type KeepsakeError } from "@keepsake/client";
const client = createClient({ baseUrl: "", token: "" });
const image = (await client.upload(new Blob())) satisfies Image;
image.url;
client.listImages({ tag: "draft" });
(null as unknown as KeepsakeError).code;
`;

test("an editor shows what a method does and takes, and what a field means", {
  timeout: 120_000,
}, async () => {
  const { packages, remove } = await packed();
  const project = await projectWith(packages.find(({ name }) => name === "@keepsake/client")!);
  remove();
  const hover = await hoverOf(join(project, "program.ts"));

  const listImages = hover("client.listImages", "listImages");
  expect(listImages.text).toContain(
    "listImages(input?: ListImagesRequest | undefined, options?: CallOptions",
  );
  expect(listImages.text).toMatch(
    /Promise<\{\s+images: Image\[\];\s+next_cursor: string \| null;\s+\}>/,
  );
  expect(listImages.documentation).toContain("newest first");
  expect(hover('tag: "draft"', "tag").documentation).toContain(
    "Upper and lower case are the same.",
  );
  expect(hover("type Image,", "Image").text).toContain('platform: "web" | "telegram"');
  expect(hover("image.url", "url").text).toContain("url: string");
  expect(hover("image.url", "url").documentation).toContain("Permanent for a public image");
  expect(hover(").code", "code").text).toContain("KeepsakeError.code: ErrorCode");
});

/** What an editor with TypeScript 5.4 shows for a word of the program. */
async function hoverOf(file: string) {
  const ts = createRequire(import.meta.url)(await npmPackage("typescript", "5.4.5"));
  const options = {
    ...{ strict: true, noErrorTruncation: true, target: ts.ScriptTarget.ES2022, types: [] },
    ...{ module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  };
  const read = (path: string) => (path === file ? program : ts.sys.readFile(path));
  const service = ts.createLanguageService({
    ...{ getScriptFileNames: () => [file], getScriptVersion: () => "1" },
    ...{ getCurrentDirectory: () => "/", getCompilationSettings: () => options },
    getScriptSnapshot: (path: string) => ts.ScriptSnapshot.fromString(read(path) ?? ""),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    ...{ fileExists: (path: string) => path === file || ts.sys.fileExists(path), readFile: read },
    ...{ directoryExists: ts.sys.directoryExists, getDirectories: ts.sys.getDirectories },
  });
  return (place: string, word: string) => {
    const info = service.getQuickInfoAtPosition(file, program.indexOf(place) + place.indexOf(word));
    const join = (parts: { text: string }[] = []) => parts.map(({ text }) => text).join("");
    return { text: join(info?.displayParts), documentation: join(info?.documentation) };
  };
}
