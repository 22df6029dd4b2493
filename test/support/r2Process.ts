import { embeddedR2 } from "@keepsake/local/embedded/r2/embeddedR2";

/** Runs an R2 on a folder, with pairs of keys as JSON, until it is killed. Sends its endpoint to its parent. */
const [, , directory = "", pairs = "[]"] = process.argv;
const { endpoint } = await embeddedR2({
  directory,
  ports: { s3: 0, cdn: 0 },
  pairs: JSON.parse(pairs),
  webOrigins: [],
});
process.send?.({ endpoint });
