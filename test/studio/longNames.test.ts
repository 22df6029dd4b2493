import { expect } from "vitest";
import { character } from "../support/pieceDrafts.ts";
import { test } from "../support/studio.ts";

test("a long name has two lines on its card, and is cut in the question before it is deleted", async ({
  open,
  owner,
}) => {
  const name = "Aurelia Constantina of the Seven Towers ".repeat(5).trim();
  const pieces = [await character(name)];
  const { world } = await owner.client.createWorld({ theme: "norse", title: "Ashfall", pieces });
  const page = await open(`/worlds/${world.world_id}`, { viewport: { width: 360, height: 740 } });
  const heading = page.getByRole("article").getByRole("heading", { name });
  const lines = await heading.evaluate(
    (element) => element.clientHeight / Number.parseFloat(getComputedStyle(element).lineHeight),
  );
  expect(Math.round(lines)).toBe(2);
  expect(await heading.getAttribute("title")).toBe(name);

  await page.getByRole("button", { name: /^More/ }).first().click();
  await page.getByRole("button", { name: /^Remove…/ }).click();
  const dialog = page.getByRole("dialog", { name: /^Remove Aurelia.*…\?$/ });
  expect((await dialog.getByRole("heading").innerText()).length).toBeLessThan(75);
  expect((await dialog.getByRole("paragraph").first().innerText()).length).toBeLessThan(300);
});
