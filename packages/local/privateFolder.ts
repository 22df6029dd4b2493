import { chmod, lstat, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

/** What the local system keeps in its folder. Other files there are left as they are. */
const ownNames = ["data", "studio", "local.json", "links.json", "studio.json", "preview.png"];

/**
 * Creates the folder of the local system, and closes it and what the system keeps there to other accounts.
 * So is everything that this process and its children create from now on: 0700 for folders, 0600 for files.
 */
export async function makePrivate(folder: string) {
  process.umask(0o077);
  await mkdir(folder, { recursive: true });
  // a root whose Postgres runs as another account, which must be able to reach its data
  const postgres = await infoOf(join(folder, "data/postgres"));
  const isShared = postgres?.isDirectory() && postgres.uid !== process.getuid?.();
  const open = isShared ? [folder, join(folder, "data")] : [];

  await close(folder, open);
  for (const name of ownNames) await closeAll(join(folder, name), open);
}

/** Removes every permission of other accounts below a path, but that to pass the `open` folders. Follows no links. */
export async function closeAll(path: string, open: string[] = []) {
  const info = await close(path, open);
  if (info?.isDirectory())
    for (const name of await readdir(path)) await closeAll(join(path, name), open);
}

async function close(path: string, open: string[]) {
  const info = await infoOf(path);
  if (!info || info.isSymbolicLink()) return info;
  const isSticky = (info.mode & 0o1000) !== 0; // a folder such as /tmp, which belongs to everyone
  const isOurs = [0, info.uid].includes(process.getuid?.() ?? 0); // root may change every file
  if (isSticky || !isOurs) return info;
  const mode = open.includes(path) ? 0o711 : info.mode & 0o700;
  if ((info.mode & 0o777) !== mode) await chmod(path, mode);
  return info;
}

const infoOf = (path: string) => lstat(path).catch(() => undefined);
