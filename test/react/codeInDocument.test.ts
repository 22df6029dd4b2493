import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { root } from "../structure/importGraph.ts";
import { png } from "../support/images.ts";
import { patience, pictures, test } from "./support/reactPage.ts";

const read = (file: string) => readFileSync(join(root, file), "utf8");

describe("docs/react.md", () => {
  test("shows the code that the tests run", () => {
    const blocks = Array.from(
      read("docs/react.md").matchAll(/```tsx?\n(.*?)```/gs),
      ([, text]) => text,
    );
    const files = ["ownDesign.tsx", "withoutReact.ts"];
    expect(blocks).toEqual(files.map((file) => read(`test/react/pages/${file}`)));
  });

  test("has an upload of an own design, with progress, retry and removal", async ({
    stack,
    owner,
    open,
  }) => {
    const { page } = await open({ shows: "ownDesign" });
    const fails = `${stack.api}/uploads`;
    await page.route(fails, (route) =>
      route.fulfill({ status: 500, headers: { "access-control-allow-origin": "*" } }),
    );
    await page.locator("input[type=file]").setInputFiles(await pictures(2));
    await page.getByText("0.png: The API answered with status 500").waitFor(patience);
    await page.getByText("1.png: The API answered with status 500").waitFor(patience);
    await page.unroute(fails);
    await page.getByRole("button", { name: "Retry" }).first().click();
    await page.getByText("0.png: published").waitFor(patience);
    const progress = page.getByRole("progressbar", { name: "Uploaded" });
    expect(await progress.getAttribute("value")).toBe("1");
    await page.getByRole("button", { name: "Remove" }).click();
    expect(await page.getByRole("listitem").count()).toBe(1);
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("has an upload without React", async ({ owner, open }) => {
    const { page } = await open({ shows: "withoutReact" });
    const [first, second] = await pictures(2);
    const third = { ...first!, name: "third.png", buffer: await png(64, "#654321") };
    await page.locator("input[type=file]").setInputFiles([first!, second!, third]);
    await page.getByText("3 of 3 uploaded").waitFor(patience);
    expect((await owner.client.listImages()).images).toHaveLength(3);
  });
});
