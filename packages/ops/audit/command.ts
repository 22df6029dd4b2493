import { sql } from "@keepsake/functions/services/database";
import { audit, fix } from "./audit.ts";

const usage = "Usage: npm run audit [-- --fix]   (add --stage NAME after -- for a deployed stage)";

/** `npm run audit`: lists where the buckets and the database disagree. Changes nothing without `--fix`. */
export async function main(args: string[]) {
  if (args.some((arg) => arg !== "--fix")) throw new Error(usage);
  try {
    const result = await audit();
    const { orphans, missing, unfinished } = result;
    for (const { bucket, key, unknownWorld } of orphans)
      console.log(
        `object without row  ${bucket}/${key}${unknownWorld ? "  (of an unknown world: --fix keeps it)" : ""}`,
      );
    for (const { kind, id, url, private_key } of missing)
      console.log(`row without object  ${kind} ${id}  ${url ?? `private/${private_key}`}`);
    for (const { bucket, key, initiated } of unfinished)
      console.log(`unfinished upload  ${bucket}/${key}  since ${initiated.toISOString()}`);
    console.log(
      `${orphans.length} objects without rows, ${missing.length} rows without objects, ${unfinished.length} unfinished uploads`,
    );
    const fixable =
      missing.length +
      unfinished.length +
      orphans.filter(({ unknownWorld }) => !unknownWorld).length;
    if (args.includes("--fix")) {
      await fix(result);
      console.log(
        "The next sweep erases those objects; URLs without an object were removed, unfinished uploads aborted",
      );
    } else if (fixable > 0) console.log(`npm run audit -- --fix repairs ${fixable} of them`);
  } finally {
    await sql().end({ timeout: 2 });
  }
}
