import type { Mutant } from "./mutant.ts";

/** Uploads of the client that cost quota or are cancelled when they must not be. */
export const clientUploads: Mutant[] = [
  {
    name: "an upload that is aborted while its URL is requested stays pending",
    by: "test/client/upload.test.ts > while its URL is requested",
    tests: ["test/client/upload.test.ts"],
    file: "packages/client/upload.ts",
    find: '"image" in late || cancel(late)',
    replace: '"image" in late',
  },
];
