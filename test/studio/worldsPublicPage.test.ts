import { describe, expect } from "vitest";
import { expectAccessibleEverywhere } from "../support/studio.ts";
import { ashfall, copiedText, failRequests, test } from "../support/worldPages.ts";

describe("The public page of a world", () => {
  test("has a link for others only while it is on, and is off for good then", async ({
    owner,
    openAshfall,
  }) => {
    const { page, world_id } = await openAshfall();
    const isOn = page.getByRole("switch", { name: /Public page/ });
    await isOn.waitFor();
    expect(await page.getByRole("button", { name: /Copy link/ }).count()).toBe(0);
    await page.getByText("Only you see this world.").waitFor();

    await isOn.click();
    await page.getByRole("button", { name: "Copy link of Ashfall" }).click();
    await expect.poll(() => copiedText(page)).toMatch(/\/w\//);
    const url = await copiedText(page);
    await page.getByText(/Anyone with this address sees/).waitFor();
    await expectAccessibleEverywhere(page);
    const shown = await fetch(url);
    expect([shown.status, await shown.text()]).toEqual([
      200,
      expect.stringContaining("It has been snowing ash."),
    ]);
    expect((await owner.client.getWorld({ world_id })).world.page?.url).toBe(url);
    await page.goto("/worlds");
    await page.getByRole("article").getByText("Public page").waitFor();

    await page.goto(`/worlds/${world_id}`);
    await isOn.click();
    const question = page.getByRole("dialog", { name: "Switch the public page off?" });
    await question.getByRole("button", { name: "Cancel" }).click();
    expect(await isOn.isChecked()).toBe(true);
    await isOn.click();
    await question.getByRole("button", { name: "Switch it off" }).click();
    await question.waitFor({ state: "detached" });
    await expect.poll(() => page.getByRole("button", { name: /Copy link/ }).count()).toBe(0);
    expect((await fetch(url)).status).toBe(404);
    await isOn.click();
    await page.getByRole("button", { name: "Copy link of Ashfall" }).click();
    await expect.poll(() => copiedText(page)).not.toBe(url);
  });

  test("stays as it was when switching fails, and says so", async ({ studio, openAshfall }) => {
    const { page } = await openAshfall();
    await failRequests(page, studio.origin, "PUT", "/page");
    const isOn = page.getByRole("switch", { name: /Public page/ });
    await isOn.click();
    await page.getByRole("alert").getByText("Nothing of yours is lost").waitFor();
    expect(await isOn.isChecked()).toBe(false);
  });

  test("has a switch whose state is seen in forced colours", async ({ open, owner }) => {
    const { world_id } = await ashfall(owner);
    await owner.client.publishWorldPage({ world_id });
    const page = await open(`/worlds/${world_id}`, { forcedColors: "active" });
    const isOn = page.getByRole("switch", { name: /Public page/ });
    await isOn.waitFor();
    const knob = () =>
      isOn.evaluate((input) => getComputedStyle(input, "::before").insetInlineStart);
    const on = await knob();
    await page.getByText("On", { exact: true }).waitFor();
    await owner.client.unpublishWorldPage({ world_id });
    await page.reload();
    await page.getByText("Off", { exact: true }).waitFor();
    expect(await knob()).not.toBe(on);
  });
});
