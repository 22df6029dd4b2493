import { readZip } from "./readZip.ts";

/** The files of a folder, by their paths. */
export type Folder = Map<string, Buffer>;

/** Unpacks several zips into one folder. Throws when one would overwrite what another has written. */
export function unpackZips(zips: Buffer[]): Folder {
  const folder: Folder = new Map();
  for (const { name, bytes } of zips.flatMap(readZip)) {
    if (folder.has(name)) throw new Error(`Two zips have a file ${name}`);
    folder.set(name, bytes);
  }
  return folder;
}

/** The files of a folder within a folder, those of its own folders included. */
export function subfolder(folder: Folder, name: string): Folder {
  const inside = [...folder].filter(([path]) => path.startsWith(`${name}/`));
  return new Map(inside.map(([path, bytes]) => [path.slice(name.length + 1), bytes]));
}

/** `a/b.png` → `a/b`, as Python's `os.path.splitext`. */
export const withoutExtension = (path: string) => path.replace(/(?<=[^/])\.[^./]*$/, "");

/** `a/b.png` → `b.png`. */
export const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);
