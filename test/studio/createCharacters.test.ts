import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  cardNames,
  generate,
  newestWorld,
  poll,
  reload,
  test,
  themeField,
} from "../support/createPage.ts";
import { errorResponse } from "../support/errorResponse.ts";
import { png } from "../support/images.ts";
import { expectAccessibleEverywhere } from "../support/studio.ts";

describe("A world that is made on the Create page", () => {
  test("keeps the themes that its characters came from", async ({ owner, openGenerated }) => {
    const page = await openGenerated("Norse", 1);
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await themeField(page).fill("Steampunk");
    await page.getByRole("button", { name: "Generate again" }).click();
    await page.getByText("2 characters ready").waitFor();
    await page.getByRole("button", { name: "Keep all" }).click();
    const theme = page.getByLabel("World’s theme");
    expect(await theme.inputValue()).toBe("Norse, Steampunk");
    expect(await page.getByRole("article").first().getByText("Norse").count()).toBe(1);
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "Create world" }).click();
    await page.getByText("2 portraits saved").waitFor();

    const world = await newestWorld(owner);
    expect(world.theme).toBe("Norse, Steampunk");
    expect(world.pieces.map(({ details }) => details.theme)).toEqual(["Norse", "Steampunk"]);
  });

  test("has the theme and the texts that were typed for it, also after a reload", async ({
    owner,
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 1);
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await page.getByLabel("World’s theme").fill("Ice and ash");
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("");
    await page.getByText("Give every kept character a name.").waitFor();
    await page.getByRole("textbox", { name: "Name" }).fill("Mira");
    await page.getByLabel("Description").fill("Counts waves.");
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByText("Counts waves.").waitFor();
    await reload(page);
    await page.getByText("Counts waves.").waitFor();
    expect(await page.getByLabel("World’s theme").inputValue()).toBe("Ice and ash");
    await page.getByRole("button", { name: "Create world" }).click();
    await page.getByText("1 portrait saved").waitFor();
    const world = await newestWorld(owner);
    expect(world).toMatchObject({
      theme: "Ice and ash",
      pieces: [{ name: "Mira", description: "Counts waves." }],
    });
  });

  test("has the picture as a portrait that was dropped on a card", async ({
    owner,
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 1);
    const name = (await cardNames(page))[0]!;
    expect(await drop(page, "h1", "away.png")).toBe("not taken by the browser");
    expect(await drop(page, "article", "owl.png")).toBe("not taken by the browser");
    await page.getByText("Your image", { exact: true }).waitFor();
    await page.getByText("Portrait 2 of 2").waitFor();
    expect(page.url()).toMatch(/\/$/);
    const { images } = await owner.client.listImages();
    expect(images).toMatchObject([{ filename: "owl.png", status: "published" }]);
    const portrait = page.getByRole("img", { name: `Portrait of ${name}` });
    await poll(() => portrait.getAttribute("src")).toBe(images[0]!.url);
    await page.getByRole("button", { name: "Undo" }).click();
    await poll(() => portrait.getAttribute("src")).toMatch(/^data:/);
  });
});

describe("The Create page", () => {
  test("offers no reference image where the painter can use none", async ({ open }) => {
    const page = await open("/worlds");
    await page.addInitScript(() =>
      document.addEventListener("readystatechange", () => {
        const text = document.getElementById("settings")?.firstChild as Text | null;
        if (text) text.data = text.data.replace("{", '{"no_references":true,');
      }),
    );
    await page.goto("/");
    await generate(page, "Norse", 1);
    expect(await page.getByRole("button", { name: "reference" }).count()).toBe(0);
    expect(await page.getByRole("button", { name: "Repaint from" }).count()).toBe(0);
    await page.getByRole("button", { name: "Use one of my images as the portrait" }).waitFor();
  });

  test("says how many characters an hour has, and when there are more", async ({
    open,
    studio,
  }) => {
    const page = await open("/", { timezoneId: "Asia/Kolkata" });
    await generate(page, "Norse", 1);
    await page.route(`${studio.stack.stream}**`, (route) => {
      const response = errorResponse(studio, 429, "generation.too_many", "At most 120 characters");
      const error = { ...response.json.error, details: { limit: 120, next_at: nextAt } };
      return route.fulfill({ ...response, json: { error } });
    });
    const nextAt = "2026-11-22T09:40:00.000Z";
    await page.getByRole("button", { name: "Generate again" }).click();
    const text = "You've used this hour's 120 characters. More at 15:10.";
    await page.getByRole("alert").getByText(text).waitFor();
    await page.getByRole("button", { name: "Repaint", exact: true }).click();
    await page.getByRole("article").getByText(text).waitFor();
    expect(await page.getByRole("article").count()).toBe(1);
  });
});

/** Drops a picture on an element; whether the browser would leave the page for it. */
async function drop(page: Page, on: string, name: string) {
  const base64 = (await png(64)).toString("base64");
  return page.evaluate(
    ([on, name, base64]) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
      const element = document.querySelector(on)!;
      const fire = (type: string) =>
        element.dispatchEvent(
          new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }),
        );
      fire("dragover");
      return fire("drop") ? "the browser opens it" : "not taken by the browser";
    },
    [on, name, base64] as const,
  );
}
