import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "./publishedPackages.ts";

/** One of the paths that a package can be imported by. */
export type Entry = {
  /** As in `exports`: `.` or `./react`. */
  path: string;
  /** Without its ending: `index` or `react`. */
  name: string;
  /** The source, relative to the package's folder. */
  source: string;
  /** False for a file that is published as it is, such as a stylesheet. */
  isCode: boolean;
  /** The file to publish, relative to the package's folder. */
  built: string;
};

/** The entries of a package: its exports, without the patterns with which the workspace imports single files. */
export function entriesOf(folder: string, { exports }: Manifest): Entry[] {
  return Object.entries(exports)
    .filter(([path, source]) => !path.includes("*") && existsSync(join(folder, source)))
    .map(([path, source]) => {
      const isCode = /\.tsx?$/.test(source);
      const name = path === "." ? "index" : path.slice("./".length);
      return { path, name, source, isCode, built: isCode ? `${name}.js` : name };
    });
}
