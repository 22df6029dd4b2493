import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  cp,
  glob,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Copies the files that git knows to a temporary folder, so that mutants never change the working tree and
 * processes that tests start see them too. Installed packages are linked; our own are those of the copy.
 */
export async function copyRepository(root: string) {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "keepsake-mutants-")));
  const copy = join(folder, "repository");
  const temporary = join(folder, "tmp");
  await mkdir(temporary);
  const git = (cwd: string, ...args: string[]) =>
    execFileSync("git", args, { cwd, encoding: "utf8" });

  for (const file of git(root, "ls-files", "-co", "--exclude-standard").split("\n")) {
    if (file === "" || !existsSync(join(root, file))) continue;
    await mkdir(join(copy, dirname(file)), { recursive: true });
    await cp(join(root, file), join(copy, file), { verbatimSymlinks: true });
  }
  // tests of the structure ask git for the files
  git(copy, "init", "--quiet");
  await writeFile(join(copy, ".git/info/exclude"), "node_modules\n.sst\n");
  git(copy, "add", "--all");

  await linkPackages(join(root, "node_modules"), join(copy, "node_modules"));
  const own = [
    "functions/node_modules",
    "packages/*/node_modules",
    "test/uploaders/*/node_modules",
  ];
  for await (const nested of glob(own, { cwd: root }))
    await symlink(await realpath(join(root, nested)), join(copy, nested));
  await symlink(await realpath(join(root, ".sst")), join(copy, ".sst"));
  return { copy, temporary, remove: () => rm(folder, { recursive: true, force: true }) };
}

async function linkPackages(from: string, to: string) {
  await mkdir(to);
  for (const name of await readdir(from)) {
    if (name === "@keepsake") continue;
    await symlink(await realpath(join(from, name)), join(to, name));
  }
  await mkdir(join(to, "@keepsake"));
  for (const name of await readdir(join(from, "@keepsake"))) {
    const link = join(from, "@keepsake", name);
    if ((await lstat(link)).isSymbolicLink())
      await symlink(await readlink(link), join(to, "@keepsake", name));
  }
}
