import { Resource } from "sst";
import { inStage, run } from "./stage.mjs";

/**
 * Brings a database up to date; running it again changes nothing.
 *   DATABASE_URL=postgres://… npm run migrate     any database
 *   npm run migrate -- --stage production         the one that a deployed stage is linked to
 */
await inStage({
  script: import.meta.url,
  args: process.argv.slice(2),
  work: () => migrate(Resource.Database.url),
  elsewhere: () => migrate(process.env.DATABASE_URL),
});

function migrate(databaseUrl) {
  if (!URL.canParse(databaseUrl ?? ""))
    throw new Error("Which database? Set DATABASE_URL, or name a deployed stage with --stage.");
  run("node", ["packages/local/bin.mjs", "migrate"], { DATABASE_URL: databaseUrl });
}
