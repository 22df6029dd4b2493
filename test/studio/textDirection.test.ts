import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { test } from "../support/studio.ts";

const studio = resolve(import.meta.dirname, "../../packages/studio");

test("every field for text takes the direction of what is typed into it", () => {
  const fields = readdirSync(studio, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".tsx") && !file.includes("node_modules"))
    .flatMap((file) => {
      const source = readFileSync(join(studio, file), "utf8");
      // attributes that several fields share are an object
      const shared = /\bdir: "auto"/.test(source);
      return [...source.matchAll(/<(input|textarea)\b.*?\/>/gs)]
        .map(([field]) => ({ file, field }))
        .filter(({ field }) => !(shared && field.includes("{...")));
    })
    .filter(({ field }) => !/type="(file|checkbox|radio|range|number|date|url)"/.test(field));
  expect(fields.length).toBeGreaterThan(8);
  expect(fields.filter(({ field }) => !/\bdir=/.test(field))).toEqual([]);
});

test("names that people gave are shown in their own direction", async ({ open, owner }) => {
  const name = "מגדלור בשקיעה (1)";
  const { dataset } = await owner.client.createDataset({ name });
  const page = await open("/datasets", { sub: owner.sub });
  const direction = (selector: string) =>
    page
      .locator(selector, { hasText: name })
      .last()
      .evaluate((element) => getComputedStyle(element).direction);
  expect(await direction("h2")).toBe("rtl");
  await page.goto(`/datasets/${dataset.dataset_id}`);
  await page.getByRole("heading", { level: 1, name }).waitFor();
  expect(await direction("h1")).toBe("rtl");
});

test("the name of the person is, too, in the head of every page and on their own", async ({
  open,
}) => {
  const name = "נועה (2)";
  const page = await open("/you", { sub: name });
  const button = page.getByRole("button", { name }).getByText(name);
  expect(await button.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
  const shown = page.getByRole("main").locator("bdi", { hasText: name });
  expect(await shown.evaluate((element) => getComputedStyle(element).direction)).toBe("rtl");
});
