import { execFile } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NpmStart, startSystem } from "../support/npmStart.ts";
import { type Block, codeBlocks, firstLine, guides, root } from "./codeBlocks.ts";
import { fileOf, renderElement, runTsx, runTypeScript } from "./runBlocks.ts";

/** Blocks of the README that are not run here, by their first line, and why. */
const notRun: Record<string, string> = {
  "npm ci && npm start":
    "installs over the network and runs until it is stopped; start.test.ts runs npm start",
  "npm ci --omit=dev && npm start": "the same; withoutDevPackages.test.ts starts what it installs",
  "npm ci && npm test": "installs over the network, and runs this test",
  "npm run telegram -- --bot my_bot $WORK/cat.png":
    "waits for the reply of a bot that runs; telegramBot.test.ts and telegramCommand.test.ts write to one",
};

/** What keeps a block of docs/ from being run on a local system, and why. */
const needs: [RegExp, string][] = [
  [/…/, "has … where the reader writes a value"],
  [/--stage |npx sst|npm run (deploy|dev)\b|\baws /, "needs an account at AWS"],
  [/api\.cloudflare\.com|wrangler/, "needs an account at Cloudflare"],
  [/npm (ci|test|run (plan|bench))\b/, "takes minutes or the network"],
  [/npm start$/m, "runs until it is stopped; webhookReceiver.test.ts runs it with the receiver"],
  [/node examples\//, "the same"],
  [/npm run example\b/, "runs until it is stopped; test/examples runs every example"],
];

/** Blocks of guides that another product reads, by their first line, and why they are not run. */
const ofOtherPrograms: Record<string, string> = {
  "trigger_word: TOK": "a part of a configuration of ai-toolkit",
  "from datasets import load_dataset": "needs Hugging Face's package",
};

/** The types of the names that readmeGlobals.ts defines. */
const declarations = `
  import type { PublishedImage, srcSet as Srcset } from "@keepsake/client";
  declare global {
    const api: string, stream: string, serviceKey: string, token: string, imageUrl: string;
    const user: { id: string; name: string };
    const file: File, image: PublishedImage;
    const srcSet: typeof Srcset, signal: AbortSignal;
    function onProgress(progress: { loaded: number; total: number }): void;
    function show(event: { type: string }): void;
  }
`;

const readme = codeBlocks("README.md");
const documents = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
const docs = [...documents, ...guides()].flatMap(codeBlocks);
const run = (blocks: Block[], language: string) =>
  blocks.filter((block) => block.language === language && !(firstLine(block) in notRun));

/** A fresh folder as a reader has after cloning, and its running system. */
let folder: string;
let system: NpmStart;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "keepsake-readme-"));
  for (const name of ["package.json", "packages", "functions", "node", "node_modules"])
    symlinkSync(join(root, name), join(folder, name));
  system = await startSystem({ cwd: folder, home: join(folder, ".keepsake") });
}, 90_000);
afterAll(async () => {
  await system?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe("the blocks of the README", () => {
  test("are shell commands, TypeScript or Python, and those that are not run have a reason", () => {
    expect(readme.length).toBeGreaterThan(10);
    const languages = new Set(readme.map(({ language }) => language));
    expect([...languages].filter((each) => !["sh", "ts", "tsx", "py"].includes(each))).toEqual([]);
    const first = readme.map(firstLine);
    expect(Object.keys(notRun).filter((line) => !first.includes(line))).toEqual([]);
  });

  test("in sh run one after another in one shell, and the API accepts every request", async () => {
    const blocks = run(readme, "sh");
    expect(blocks.length).toBeGreaterThan(8);
    const output = await shell(blocks);
    expect(output).not.toContain('"error":{');
    for (const file of written(/\.json$/))
      expect([file, readFileSync(file, "utf8")]).not.toEqual([
        file,
        expect.stringMatching(/^$|"error":\{/),
      ]);
    expect(output).toContain("The bot replied with a permanent URL: 200"); // npm run demo
    expect(output).toMatch(/"world_id":"[\w-]+".*"title":"Ashfall"/); // GET /worlds/{id}
    expect(output).toMatch(/"status":"published","url":"http/); // POST /uploads/{id}/complete
    expect(output).toMatch(/\{"images":\[\{.*"tags":\["norse","draft"\]/); // the search
    expect(output).toMatch(new RegExp(`^${system.cdn}/images/\\S+$`, "m")); // npm run telegram
    expect(output.match(/^event: portrait$/gm)).toHaveLength(3); // the stream
    expect(output).toMatch(/"token":"[\w.-]+","expires_at"/); // POST /tokens
    expect(output).toMatch(/"platform":"url",.*"status":"published","url":"http/); // POST /rehosts?wait
  }, 60_000);

  test("in TypeScript run as they stand, with the names that a program has before", async () => {
    const blocks = run(readme, "ts");
    expect(blocks.length).toBeGreaterThan(1);
    const outputs = await Promise.all(blocks.map((block) => runTypeScript(folder, block)));
    expect(outputs.join("")).toMatch(/sent (\d+) of \1\n/);
    expect(outputs.join("").match(/^shown portrait$/gm)).toHaveLength(3);
    expect(outputs.join("")).toMatch(new RegExp(`^${system.cdn}/images/\\S+$`, "m")); // rehostImage
  }, 60_000);

  test("in Python run as they stand, on the python3 that this machine must have", async () => {
    const blocks = run(readme, "py");
    expect(blocks.length).toBeGreaterThan(0);
    for (const output of await Promise.all(blocks.map(runPython)))
      expect(output).toMatch(new RegExp(`^${system.cdn}/images/\\S+\n$`));
  }, 60_000);

  test("in TypeScript and TSX have no type error", async () => {
    const element = ({ text }: Block) => `export default (${text});`;
    for (const block of run(readme, "ts")) writeFileSync(fileOf(folder, block, "ts"), block.text);
    for (const block of run(readme, "tsx"))
      writeFileSync(fileOf(folder, block, "tsx"), element(block));
    writeFileSync(join(folder, "names.d.ts"), declarations);
    const config = { extends: join(root, "tsconfig.json"), include: ["*.ts", "*.tsx"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const checked = execute(join(folder, "node_modules/.bin/tsc"), ["-p", folder]);
    expect(await checked.catch(({ stdout }) => ({ stdout }))).toMatchObject({ stdout: "" });
  }, 60_000);

  test("in TSX render an image with the addresses of its smaller copies", async () => {
    const blocks = run(readme, "tsx");
    expect(blocks.length).toBeGreaterThan(0);
    const rendered = blocks.map((block) => runTsx(folder, block, renderElement(block.text)));
    for (const output of await Promise.all(rendered))
      expect(output).toMatch(/<img src="http\S+" srcSet="http\S+ 320w, http\S+ \d+w"/);
  }, 60_000);
});

describe("the blocks of docs/", () => {
  const reasonOf = ({ text }: Block) => needs.find(([pattern]) => pattern.test(text))?.[1];
  const runnable = docs.filter((block) => block.language === "sh" && !reasonOf(block));

  test("need an account, a value of the reader's or minutes, or they run on a local system", async () => {
    expect(runnable.length).toBeGreaterThan(0);
    expect(await shell(runnable)).not.toContain('"error":{');
  }, 60_000);
});

describe("the guides", () => {
  const code = guides()
    .flatMap(codeBlocks)
    .filter(({ language }) => language !== "sh");

  test("quote the examples line by line, where a block follows the link to a file", () => {
    const quoted = code.filter(({ quotes }) => quotes !== undefined);
    expect(quoted.length).toBeGreaterThan(5);
    for (const { at, text, quotes } of quoted) {
      const file = readFileSync(join(root, quotes!), "utf8");
      expect([at, quotes, file.includes(text)]).toEqual([at, quotes, true]);
    }
  });

  const own = code.filter(({ quotes }) => quotes === undefined);

  test("have other blocks only in TypeScript, and these run as they stand", async () => {
    const blocks = own.filter((block) => !(firstLine(block) in ofOtherPrograms));
    expect(blocks.filter(({ language }) => language !== "ts")).toEqual([]);
    const outputs = await Promise.all(blocks.map((block) => runTypeScript(folder, block)));
    const printed = outputs.join("");
    expect(printed).toMatch(/^kept as http\S+$/m); // a generator's URL, privately
    expect(printed).toMatch(/^downloaded \S+\.zip$/m); // a dataset
    expect(printed).toMatch(/^line 1 is cat\.png\nline 2: not_in_dataset$/m); // its captions
  }, 60_000);

  test("have Python of other programs that Python can read", async () => {
    const blocks = own.filter(({ language }) => language === "py");
    expect(blocks.map(firstLine)).toEqual(["from datasets import load_dataset"]);
    for (const { text } of blocks)
      await execute("python3", ["-c", "import ast, sys; ast.parse(sys.argv[1])", text]);
  });
});

/** Runs the blocks as one script and returns what it printed. Throws with the place of the block that failed. */
async function shell(blocks: Block[]): Promise<string> {
  const script = blocks.map(({ at, text }) => `echo '# ${at}'\n${text}`).join("\n");
  const { KEEPSAKE_HOME: _, ...env } = process.env;
  const running = execute("sh", ["-e", "-c", script], {
    cwd: folder,
    env: { ...env, TMPDIR: folder, LOG_LEVEL: "SILENT" },
    timeout: 55_000,
  });
  const { stdout } = await running.catch(({ stdout, stderr, code }) => {
    const at = /.*^# (\S+:\d+)$/ms.exec(stdout)?.[1];
    throw new Error(`The block at ${at} ended with ${code}:\n${stderr}`);
  });
  return stdout;
}

/** Runs a block with the names that a program has before. */
async function runPython({ text }: Block): Promise<string> {
  const names = `
import json, urllib.request
local = json.load(open(".keepsake/local.json"))
api, service_key = local["api"], local["service_key"]
image_url = urllib.request.urlopen(local["image_hosts"] + "/fresh").read().decode().strip()
`;
  const options = { cwd: folder, timeout: 30_000 };
  return (await execute("python3", ["-c", `${names}\n${text}`], options)).stdout;
}

const execute = promisify(execFile);

/** The files of a kind that the blocks wrote below their folders of `mktemp`. */
function written(kind: RegExp): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith("tmp."))
    .flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    .filter((file) => kind.test(file));
}
