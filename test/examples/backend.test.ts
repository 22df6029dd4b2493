import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type Example, installExample } from "./support/installExample.ts";
import { installNode, oldestNode } from "./support/installNode.ts";
import { keptPictures } from "./support/keptPictures.ts";

let backend: Example;
beforeAll(async () => {
  backend = await installExample("backend");
}, 120_000);
afterAll(() => backend?.remove());

describe("examples/backend, with the packed client", () => {
  test("keeps a generator's URL and bytes, and prints where each is", async () => {
    const { code, output } = await backend.run();
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(/^Kept the URL as (\S+)\nKept the bytes as (\S+)\n$/),
    ]);
    await expect(keptPictures(output)).resolves.toEqual(["image/png", "image/png"]);
  });

  test("has no type error, by the types that are in the package", async () => {
    const { code, output } = await backend.run(["npm", "run", "check"]);
    expect([code, output]).toEqual([0, expect.not.stringContaining("error")]);
  });

  test("runs on the oldest Node that the package says it needs", async () => {
    const node = await installNode(oldestNode(await backend.manifestOf("@keepsake/client")));
    const { code, output } = await backend.run([node, "keepPictures.mjs"]);
    expect([code, output]).toEqual([0, expect.stringContaining("Kept the bytes as")]);
  }, 90_000);

  test("says what is wrong with its service key", async () => {
    const { code, output } = await backend.run(undefined, { KEEPSAKE_SERVICE_KEY: "ks_wrong" });
    expect(code).toBe(1);
    expect(output).toContain("token.refused");
    expect(output).not.toContain(inject("keepsake").service_key);
  });
});
