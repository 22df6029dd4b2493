import { describe, expect } from "vitest";
import { fillForm, reload, test } from "../support/createPage.ts";
import { expectAccessible } from "../support/studio.ts";

describe("what failed on the Create page", () => {
  test("stays on a character's card until it is dismissed", async ({ studio, openGenerated }) => {
    const page = await openGenerated("Norse", 1);
    await page.route(`${studio.stack.stream}**`, (route) => route.abort());
    await page.getByRole("button", { name: "Repaint", exact: true }).click();
    const complaint = page.getByRole("article").getByText("Keepsake does not answer right now");
    await complaint.waitFor();
    await page.unrouteAll();
    await reload(page);
    await complaint.waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: /^Dismiss what failed for/ }).press("Enter");
    await expect.poll(() => complaint.count()).toBe(0);
    const focused = () => page.evaluate(() => document.activeElement?.tagName);
    await expect.poll(focused).not.toBe("BODY");
    await reload(page);
    await page.getByRole("article").waitFor();
    expect(await complaint.count()).toBe(0);
  });

  test("is one message, which offers to generate again and to be dismissed", async ({
    open,
    studio,
  }) => {
    const page = await open("/");
    await page.route(`${studio.stack.stream}**`, (route) => route.abort());
    await fillForm(page, "Norse", 3);
    await page.getByRole("button", { name: "Generate", exact: true }).click();
    const message = page.getByRole("alert");
    await message.getByText("Keepsake does not answer right now").waitFor();
    await message.getByRole("button", { name: "Generate them again" }).waitFor();
    expect(await page.getByText("was interrupted").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Dismiss" }).count()).toBe(1);
    await message.getByRole("button", { name: "Dismiss" }).click();
    await message.waitFor({ state: "detached" });
    expect(await page.getByRole("button", { name: "Generate them again" }).count()).toBe(0);
  });
});
