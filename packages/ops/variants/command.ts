import { images, privateImages } from "@keepsake/functions/services/buckets";
import { sql } from "@keepsake/functions/services/database";
import { decoder } from "@keepsake/functions/services/decoder";
import { addVariants, countWithout } from "./variants.ts";

/** `npm run backfill -- --variants`: makes the smaller copies of pictures that an earlier release published. */
export async function main(args: string[]) {
  const isDryRun = args.includes("--dry-run");
  if (args.some((arg) => arg !== "--dry-run"))
    throw new Error("Usage: npm run backfill -- --variants [--dry-run] [--stage NAME]");
  try {
    const before = await countWithout({ sql: sql() });
    console.log(
      `${before.images} images and ${before.portraits} portraits have no smaller copies yet`,
    );
    if (isDryRun) return;
    const { done, skipped } = await addVariants(
      { sql: sql(), images: images(), privateImages: privateImages(), decoder: decoder() },
      {
        onSkip: ({ kind, id, reason }) => console.log(`skipped  ${kind} ${id}: ${reason}`),
        onProgress: (count) => console.log(`${count} of ${before.images + before.portraits}`),
      },
    );
    console.log(`${done} have them now; ${skipped} were skipped`);
    if (skipped > 0) process.exitCode = 1;
  } finally {
    await sql().end({ timeout: 2 });
  }
}
