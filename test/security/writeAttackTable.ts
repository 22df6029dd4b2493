import { spawnSync } from "node:child_process";
import { attackFiles } from "./attackClasses.ts";

/** `npm run attack-table`: runs the tests of the table of attacks, whose reporter writes the table. Arguments are Vitest's. */
const files = attackFiles.map((file) => `test/${file}`);
const env = { ...process.env, FAULTS: "", ATTACK_TABLE: "write" };
process.exit(
  spawnSync("vitest", ["run", ...files, ...process.argv.slice(2)], { env, stdio: "inherit" })
    .status ?? 1,
);
