import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Example, installExample } from "./support/installExample.ts";
import { keptPictures } from "./support/keptPictures.ts";

let python: Example;
beforeAll(async () => {
  python = await installExample("python");
});
afterAll(() => python?.remove());

describe("examples/python, with the standard library only", () => {
  test("keeps a generator's URL and bytes and uploads a file, and prints where each is", async () => {
    const { code, output } = await python.run();
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(
        /^Kept the URL as (\S+)\nKept the bytes as (\S+)\nUploaded them as (\S+)\n$/,
      ),
    ]);
    await expect(keptPictures(output)).resolves.toEqual(["image/png", "image/png", "image/png"]);
  });
});
