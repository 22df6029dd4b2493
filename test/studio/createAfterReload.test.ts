import { describe, expect } from "vitest";
import {
  cardNames,
  draftText,
  fakeStream,
  fillForm,
  poll,
  reload,
  sentToStream,
  storedDrafts,
  test,
  themeField,
} from "../support/createPage.ts";
import { png } from "../support/images.ts";
import { expectAccessibleEverywhere } from "../support/studio.ts";

describe("The Create page after a reload", () => {
  test("remembers theme, prompt and count before anything was generated", async ({
    open,
    owner,
  }) => {
    const page = await open("/");
    await fillForm(page, "Deep sea", 5);
    await page.getByLabel("What should they be like?").fill("Rivals");
    await poll(() => storedDrafts(page, owner.sub)).toMatchObject({ form: { prompt: "Rivals" } });
    await page.reload();
    const prompt = page.getByLabel("What should they be like?");
    await poll(() => prompt.inputValue()).toBe("Rivals");
    expect(await page.getByLabel("How many").inputValue()).toBe("5");
    expect(await themeField(page).inputValue()).toBe("Deep sea");
  });

  test("has what had arrived of a generation, and asks for the rest with the same theme, prompt and count", async ({
    open,
    owner,
    studio,
  }) => {
    const page = await open("/");
    await fillForm(page, "Deep sea", 3);
    await page.getByLabel("What should they be like?").fill("Rivals");
    const stream = await fakeStream(page);
    await page.getByRole("button", { name: "Generate" }).click();
    await stream.emitCharacter(0, "Nerida");
    await stream.emitPortrait(0);
    await stream.emitCharacter(1, "Otto");
    await page.getByRole("article", { name: "Otto" }).waitFor();
    await poll(async () => JSON.stringify(await storedDrafts(page, owner.sub))).toContain('"Otto"');
    await page.reload();

    await page.getByText("The generation was interrupted: 2 of 3 characters arrived.").waitFor();
    await poll(() => cardNames(page)).toEqual(["Nerida", "Otto"]);
    await page.getByRole("img", { name: "Portrait of Nerida" }).waitFor();
    await page
      .getByRole("article", { name: "Otto" })
      .getByText("portrait was interrupted")
      .waitFor();
    await expectAccessibleEverywhere(page);
    const requests = sentToStream(page, studio.stack.stream);
    await page.getByRole("button", { name: "Generate the missing 1" }).click();
    await page.getByText("3 characters ready").waitFor();
    expect(requests).toEqual([{ theme: "Deep sea", prompt: "Rivals", count: 1 }]);
    expect(await cardNames(page)).toMatchObject(["Nerida", "Otto", {}]);
  });

  test("has what had arrived before the connection was cut", async ({ open }) => {
    const page = await open("/");
    await fillForm(page, "Deep sea", 2);
    const stream = await fakeStream(page);
    await page.getByRole("button", { name: "Generate" }).click();
    await stream.emitCharacter(0, "Nerida");
    await page.getByRole("article", { name: "Nerida" }).waitFor();
    await stream.cut();
    await page.getByRole("alert").getByText("Keepsake does not answer right now").waitFor();
    await reload(page);
    await page.getByRole("article", { name: "Nerida" }).waitFor();
    await page.getByText("The generation was interrupted: 1 of 2 characters arrived.").waitFor();
    await page.getByRole("alert").getByText("Keepsake does not answer right now").waitFor();
  });

  test("has the drafts that the release before stored", async ({ open, owner }) => {
    const page = await open("/images"); // stores nothing of the Create page
    const base64 = (await png(64)).toString("base64");
    await page.evaluate(
      ([key, drafts]) =>
        new Promise<void>((resolve) => {
          const opening = indexedDB.open("keyval-store");
          opening.onsuccess = () => {
            const change = opening.result.transaction("keyval", "readwrite");
            change.objectStore("keyval").put(drafts, key);
            change.oncomplete = () => {
              opening.result.close();
              resolve();
            };
          };
        }),
      [`keepsake drafts of ${owner.sub}`, draftsOfFirstRelease(base64)] as const,
    );
    await page.goto("/");
    await page.getByRole("img", { name: "Portrait of Nerida" }).waitFor();
    await page.getByText("The generator refused this.").waitFor();
    expect(await cardNames(page)).toEqual(["Nerida", "Otto"]);
    expect(await page.getByLabel("Title").inputValue()).toBe("Ashfall");
    expect(await themeField(page).inputValue()).toBe("Norse");
    expect(await page.getByRole("button", { name: "Kept" }).count()).toBe(1);
    await reload(page);
    await poll(() => cardNames(page)).toEqual(["Nerida", "Otto"]); // once
    await page.getByRole("button", { name: "Create world" }).click();
    await page.getByText("1 portrait saved").waitFor();
  });

  test("has the drafts of a session that ended", async ({ owner, studio, openGenerated }) => {
    const page = await openGenerated("Norse", 1);
    const names = await cardNames(page);
    await page.route(`${studio.stack.stream}**`, (route) =>
      route.fulfill({
        status: 401,
        headers: { "access-control-allow-origin": studio.origin },
        json: { message: "Unauthorized" },
      }),
    );
    await page.getByRole("button", { name: "Repaint", exact: true }).click();
    await page.getByText("Your session ended").waitFor();
    await page.unrouteAll();
    await page.getByLabel("Your name").fill(owner.sub);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("img", { name: /^Portrait of/ }).waitFor();
    expect(await cardNames(page)).toEqual(names);
    expect(await page.getByText("Repainting…").count()).toBe(0);
  });
});

const draftsOfFirstRelease = (base64: string) => ({
  theme: "Norse",
  title: "Ashfall",
  story: "",
  drafts: [
    {
      key: "one",
      character: draftText("Nerida"),
      portrait: { state: "painted", base64 },
      kept: true,
    },
    {
      key: "two",
      character: draftText("Otto"),
      portrait: { state: "missing", why: "The generator refused this." },
      kept: false,
    },
    { key: "three", portrait: { state: "painting" }, kept: false },
  ],
});
