import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

test("links that cannot be read are reported with the same cause at each call", async () => {
  const program = `
    import { Resource } from "@keepsake/functions/services/sstLinks";
    for (const _ of [1, 2]) try { Resource.Database } catch (error) { console.log(error.code) }
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", program],
    { env: { SST_KEY: "a2V5", SST_KEY_FILE: "/no/such/file" } },
  );
  expect(stdout).toBe("ENOENT\nENOENT\n");
});
