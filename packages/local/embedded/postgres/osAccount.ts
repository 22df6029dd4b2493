import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { promisify } from "node:util";

export const execute = promisify(execFile);

/** The account that Postgres runs as: our own or, as Postgres rejects root, another one when we are root. */
export type Account = {
  /** The command that switches to the account, put before every other. */
  wrapper: string[];
  uid?: number;
  gid?: number;
};

const nobodyId = 65534;

export async function chooseOsAccount(directory: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { wrapper: [] };

  const owner = fs.statSync(directory, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { wrapper: [], uid: owner.uid, gid: owner.gid };

  // in a user namespace Postgres sees another user, and the files still see root
  const wrapper = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];
  const hasNamespaces = await succeeds({ wrapper }, "true");
  return hasNamespaces ? { wrapper } : { wrapper: [], uid: nobodyId, gid: nobodyId };
}

/** The arguments of `spawn` for a command as the account, in an environment without our secrets and settings. */
export function commandAs({ wrapper, ...ids }: Account, file: string, args: string[]) {
  const [program = file, ...rest] = [...wrapper, file, ...args];
  const env = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };
  return [program, rest, { ...ids, env }] as const;
}

/** Whether a command exits with 0 when the account runs it. */
export function succeeds(account: Account, file: string, ...args: string[]) {
  const [program, rest, options] = commandAs(account, file, args);
  return execute(program, rest, { ...options, cwd: "/" }).then(
    () => true,
    () => false,
  );
}

/** Creates and returns the folder that every account can enter and only root can write to. */
export function sharedDirectory() {
  const directory = "/var/lib/keepsake";
  fs.mkdirSync(directory, { recursive: true });
  fs.chmodSync(directory, 0o755); // mkdir applies the umask
  return directory;
}
