import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { transform } from "esbuild";
import type { Block } from "./codeBlocks.ts";

/** A file for a block in the folder of a reader's project. */
export const fileOf = (folder: string, { at }: Block, ending: string): string =>
  join(folder, `${at.replace(/\W/g, "-")}.${ending}`);

/** Runs a block in a reader's project as it stands, and resolves to what it printed. */
export function runTypeScript(folder: string, block: Block): Promise<string> {
  const file = fileOf(folder, block, "ts");
  writeFileSync(file, block.text);
  return runFile(folder, file);
}

/** Runs the program that was made of a block of TSX to show it, and resolves to what it printed. */
export async function runTsx(folder: string, block: Block, program: string): Promise<string> {
  const { code } = await transform(program, { loader: "tsx", jsx: "automatic" });
  const file = fileOf(folder, block, "mjs");
  writeFileSync(file, code);
  return runFile(folder, file);
}

/** Prints the HTML of an element of TSX, which may use `srcSet`. */
export const renderElement = (element: string): string => `
  import { renderToStaticMarkup } from "react-dom/server";
  import { srcSet } from "@keepsake/client";
  process.stdout.write(renderToStaticMarkup(${element}));
`;

async function runFile(folder: string, file: string): Promise<string> {
  const names = join(import.meta.dirname, "readmeGlobals.ts");
  const options = { cwd: folder, timeout: 30_000 };
  return (await execute(process.execPath, ["--import", names, file], options)).stdout;
}

const execute = promisify(execFile);
