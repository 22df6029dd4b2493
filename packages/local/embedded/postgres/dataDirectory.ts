import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Account, commandAs, execute, sharedDirectory, succeeds } from "./osAccount.ts";

/** The one absolute path of a directory that may not exist yet. Creates its parent. */
export function canonicalPath(directory: string) {
  const parent = dirname(resolve(directory));
  fs.mkdirSync(parent, { recursive: true });
  return join(fs.realpathSync(parent), basename(resolve(directory)));
}

/**
 * The real directory of the data, which the account owns: `directory`, or the target of a symbolic link at
 * `directory` when the account has no access to the path itself.
 */
export async function locateData(directory: string, account: Account) {
  if (fs.existsSync(directory)) directory = fs.realpathSync(directory);
  if (account.uid === undefined || account.gid === undefined) return directory;

  if (!(await succeeds(account, "test", "-x", dirname(directory)))) {
    if (fs.existsSync(join(directory, "PG_VERSION")))
      throw new Error(
        `Only root can enter ${directory}: move it, or delete it to start without data`,
      );
    const name = createHash("sha256").update(directory).digest("hex").slice(0, 16);
    const data = join(sharedDirectory(), name);
    if (fs.existsSync(directory)) fs.rmdirSync(directory);
    else fs.rmSync(directory, { force: true }); // a link without a target
    fs.rmSync(data, { recursive: true, force: true }); // left from a directory that was deleted
    fs.mkdirSync(data, { mode: 0o700 });
    fs.symlinkSync(data, directory);
    directory = data;
  }
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (fs.statSync(directory).uid !== account.uid)
    await execute("chown", ["-R", `${account.uid}:${account.gid}`, directory]);
  return directory;
}

/** Creates the cluster in a sibling directory and renames it, so that it is complete or absent. */
export async function initialiseData(data: string, binaries: string, account: Account) {
  if (fs.existsSync(data) && fs.readdirSync(data).length > 0)
    throw new Error(`${data} contains files, but no Postgres database: name another directory`);

  const staging = `${data}.init`;
  const password = `${staging}.password`;
  fs.rmSync(staging, { recursive: true, force: true });
  fs.mkdirSync(staging, { mode: 0o700 });
  fs.rmSync(password, { force: true });
  fs.writeFileSync(password, randomBytes(18).toString("base64url"), { mode: 0o600 });
  for (const path of [staging, password])
    if (account.uid !== undefined && account.gid !== undefined)
      fs.chownSync(path, account.uid, account.gid);

  const [program, args, options] = commandAs(account, join(binaries, "bin", "initdb"), [
    ...["-D", staging, "--username=keepsake", `--pwfile=${password}`, "--auth=scram-sha-256"],
    ...["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
    ...["--no-sync", "--no-instructions"],
  ]);
  await execute(program, args, { ...options, cwd: staging }).catch((cause) => {
    const message = `Postgres could not create a database in ${data}: ${cause.stderr || cause}`;
    throw new Error(message, { cause });
  });
  fs.renameSync(password, join(staging, passwordFile));
  fs.renameSync(staging, data);
}

export const readPassword = (data: string) => fs.readFileSync(join(data, passwordFile), "utf8");

const passwordFile = "keepsake.password";

/** Throws when another major version of Postgres created the data. */
export function rejectOtherVersion(data: string, version: string) {
  const dataVersion = fs.readFileSync(join(data, "PG_VERSION"), "utf8").trim();
  if (version.split(".")[0] === dataVersion) return;
  throw new Error(
    `${data} was created by Postgres ${dataVersion}, and this is ${version}: move it, or delete it to start without data`,
  );
}
