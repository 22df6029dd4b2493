import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { links } from "../links.ts";
import { countObjects, removeObjects } from "./emptyBuckets.ts";

const usage =
  "Usage: npm run empty -- --stage NAME [--delete] [--production]   (without --delete nothing is removed)";

/**
 * `npm run empty -- --stage ada`: counts the objects of a stage's three buckets; with `--delete` removes them,
 * after the stage's name was typed. R2 does not delete a bucket with objects, so `sst remove` needs this first.
 */
export async function main(args: string[], { isLinked }: { isLinked: boolean }) {
  const flags = parseFlags(args);
  if (!isLinked) throw new Error(usage);
  const stage = links.stage();
  const buckets = [links.images(), links.incoming(), links.private()];
  if (flags.delete && stage === "production" && !flags.production)
    throw new Error(
      "This deletes every image of production, and its permanent URLs stop working: add --production to confirm",
    );

  let total = 0;
  for (const bucket of buckets) {
    const { objects, bytes, unfinished } = await countObjects(bucket);
    total += objects;
    const parts = unfinished > 0 ? `, ${unfinished} unfinished uploads` : "";
    console.log(`${bucket.bucket}  ${objects} objects, ${bytes} bytes${parts}`);
  }
  if (!flags.delete) {
    if (total > 0)
      console.log(`Nothing was removed; add --delete to remove these ${total} objects`);
    return;
  }
  await confirm(stage);
  for (const bucket of buckets) {
    const removed = await removeObjects(bucket);
    console.log(`${bucket.bucket}  ${removed} removed`);
  }
}

function parseFlags(args: string[]) {
  try {
    const options = {
      delete: { type: "boolean", default: false },
      production: { type: "boolean", default: false },
    } as const;
    return parseArgs({ args, options }).values;
  } catch {
    throw new Error(usage);
  }
}

/** Throws unless the stage's name is typed. */
async function confirm(stage: string) {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const question = lines.question(
      `This cannot be undone. Type the name of the stage (${stage}) to remove them: `,
    );
    const typed = await Promise.race([question, ended]);
    if (typed.trim() !== stage) throw new Error("That is not its name: nothing was removed");
  } finally {
    lines.close();
  }
}
