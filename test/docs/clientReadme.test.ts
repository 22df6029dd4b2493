import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { packPackages } from "@keepsake/release/packPackages";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NpmStart, startSystem } from "../support/npmStart.ts";
import { type Block, codeBlocks, root } from "./codeBlocks.ts";
import { fileOf, renderElement, runTsx, runTypeScript } from "./runBlocks.ts";

/** The types of the names that a reader's program has before, which readmeGlobals.ts defines. */
const declarations = `
  import type { PublishedImage, srcSet as SrcSet } from "@keepsake/client";
  declare global {
    const api: string, stream: string, serviceKey: string, token: string, imageUrl: string, tokenUrl: string;
    const user: { id: string; name: string };
    const file: File, image: PublishedImage;
    const srcSet: typeof SrcSet;
    function show(event: { type: string }): void;
  }
`;

/** As Vite and Next declare stylesheets. */
const stylesheets = `declare module "*.css" {}`;

/** A block of TSX is one element, or a file of its own with an \`App\`. */
const isFile = ({ text }: Block) => text.startsWith("import ");

/** React is what the project has besides the client, for the block that is an element. */
const others = ["react", "react-dom", "@types/react", "@types/react-dom"];

const execute = promisify(execFile);
const blocks = codeBlocks("packages/client/README.md");
const inLanguage = (language: string) => blocks.filter((block) => block.language === language);

/** A reader's project, with the package as it is published and a running system. */
let project: string;
let system: NpmStart;

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), "keepsake-client-readme-"));
  const packages = await packPackages(join(project, "dist"));
  const modules = join(project, "node_modules");
  for (const folder of ["@keepsake", "@types"])
    mkdirSync(join(modules, folder), { recursive: true });
  for (const { name, folder } of packages) symlinkSync(folder, join(modules, name));
  for (const name of others) symlinkSync(join(root, "node_modules", name), join(modules, name));
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  system = await startSystem({ home: join(project, ".keepsake") });
}, 90_000);
afterAll(async () => {
  await system?.stop();
  rmSync(project, { recursive: true, force: true });
});

describe("the blocks of the client's README", () => {
  test("are its installation, TypeScript and TSX", () => {
    expect(inLanguage("sh").map(({ text }) => text)).toEqual(["npm install @keepsake/client\n"]);
    const languages = new Set(blocks.map(({ language }) => language));
    expect(languages).toEqual(new Set(["sh", "ts", "tsx"]));
  });

  test("in TypeScript run as they stand on the package as it is published", async () => {
    const outputs = await Promise.all(
      inLanguage("ts").map((block) => runTypeScript(project, block)),
    );
    const printed = outputs.join("");
    expect(printed).toMatch(/^(\d+) of \1 bytes$/m);
    expect(printed).toMatch(new RegExp(`^${system.cdn}/images/\\S+$`, "m")); // client.upload
    expect(printed).toMatch(new RegExp(`^${system.cdn}/portraits/\\S+$`, "m")); // waitForPortraits
    expect(printed).toMatch(/^shown portrait$/m);
    expect(printed).toMatch(/^image\.unsupported .+ [\w-]{20,}$/m); // the error
    expect(printed).toMatch(/^\d+ null$/m); // listImages
  }, 60_000);

  test("in TypeScript and TSX have no type error", async () => {
    for (const block of inLanguage("ts")) writeFileSync(fileOf(project, block, "ts"), block.text);
    for (const block of inLanguage("tsx"))
      writeFileSync(
        fileOf(project, block, "tsx"),
        isFile(block) ? block.text : `export default (${block.text});`,
      );
    writeFileSync(join(project, "names.d.ts"), declarations);
    writeFileSync(join(project, "stylesheets.d.ts"), stylesheets);
    const compilerOptions = {
      ...{ strict: true, noEmit: true, skipLibCheck: false, types: [], jsx: "react-jsx" },
      ...{
        target: "es2022",
        lib: ["es2022", "dom"],
        module: "esnext",
        moduleResolution: "bundler",
      },
    };
    const config = { compilerOptions, include: ["*.ts", "*.tsx"] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
    const checked = execute(join(root, "node_modules/.bin/tsc"), ["-p", project]);
    expect(await checked.catch(({ stdout }) => ({ stdout }))).toMatchObject({ stdout: "" });
  }, 60_000);

  test("in TSX render an image with its smaller copies, and a dropzone", async () => {
    const rendered = (await Promise.all(inLanguage("tsx").map(render))).join("\n");
    expect(rendered).toMatch(/<img src="http\S+" srcSet="http\S+ 320w, http\S+ \d+w"/);
    expect(rendered).toMatch(/<section .*data-keepsake="dropzone".*Choose pictures/);
  }, 60_000);
});

/** Renders a block to HTML. */
const render = (block: Block) =>
  runTsx(project, block, isFile(block) ? renderApp(block) : renderElement(block.text));

const renderApp = ({ text }: Block) => `
  import { renderToStaticMarkup } from "react-dom/server";
  ${text.replace(/^import ".*\.css";$/m, "")}
  process.stdout.write(renderToStaticMarkup(<App />));
`;
