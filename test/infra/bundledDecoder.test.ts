import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as esbuild from "esbuild";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const program = path.join(root, "packages/adapters/decoder/child");
const sharpFolder = path.dirname(
  path.dirname(fs.realpathSync(path.join(root, "node_modules/sharp/dist/index.cjs"))),
);

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-decoder-"));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

/** Lays the files out as SST does, around a bundle that lies in `functions/`. */
const layouts: Record<string, (work: string) => void> = {
  "on Lambda, where SST has copied its program and installed sharp": (work) => {
    fs.cpSync(program, path.join(work, "decoder"), { recursive: true });
    fs.mkdirSync(path.join(work, "node_modules"));
    fs.symlinkSync(sharpFolder, path.join(work, "node_modules/sharp"));
  },
  "under sst dev, where SST has linked its program": (work) => {
    fs.symlinkSync(program, path.join(work, "decoder"));
  },
};

describe("the bundled decoder finds its process", () => {
  test.each(Object.entries(layouts))("%s", async (name, layOut) => {
    const work = path.join(directory, name.slice(0, 5));
    fs.mkdirSync(path.join(work, "functions"), { recursive: true });
    layOut(work);
    await esbuild.build({
      entryPoints: [path.join(root, "packages/adapters/decoder/processDecoder.ts")],
      outfile: path.join(work, "functions/bundle.cjs"),
      format: "cjs",
      bundle: true,
      platform: "node",
      mainFields: ["module", "main"],
      logLevel: "silent",
    });
    const image = sharp({ create: { width: 64, height: 48, channels: 3, background: "red" } });
    fs.writeFileSync(path.join(work, "image.png"), await image.png().toBuffer());

    const printed = execFileSync(process.execPath, ["-e", script], {
      cwd: work,
      encoding: "utf8",
      env: {},
    });
    expect(printed).toBe("64 × 48\n");
  });
});

/** Ends by itself only if an idle decoder does not keep its process alive. */
const script = `
const { processDecoder } = require("./functions/bundle.cjs");
processDecoder({ processes: 1 })
  .run({
    bytes: require("node:fs").readFileSync("image.png"),
    accepts: { format: "png", minSidePx: 1, sidePx: 100, pixels: 10_000 },
    bounds: { cpuMs: 4_000, memoryBytes: 5e8, wallMs: 16_000 },
    steps: { check: true },
  })
  .then(({ check }) => console.log(check.width, "×", check.height));
`;
