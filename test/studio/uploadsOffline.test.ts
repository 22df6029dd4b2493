import { describe, expect } from "vitest";
import { test } from "../support/studio.ts";
import { choose, headline, namesOf, pictureFiles, row, tray } from "../support/uploadPages.ts";

const patience = { timeout: 60_000 };

describe("uploads without a connection", { timeout: 120_000 }, () => {
  test("wait, and go on when the browser is online again", async ({ owner, open }) => {
    const page = await open("/images");
    await page.context().setOffline(true);
    await choose(page, await pictureFiles(5));
    await headline(page, "No connection. 5 pictures wait and go on when it is back").waitFor();
    await row(page, "picture4.png").waitFor();
    await page.waitForTimeout(1_500); // an upload without a connection fails within 0.8 s
    expect(await tray(page).getByText("failed").count()).toBe(0);

    await page.context().setOffline(false);
    await headline(page, "5 pictures uploaded").waitFor(patience);
    expect(new Set(await namesOf(owner)).size).toBe(5);
    expect(await namesOf(owner)).toHaveLength(5);
  });

  test("go on by themselves however long nothing answers, although the browser says that it is online, as during a restart of the API", async ({
    studio: { stack, uploads },
    owner,
    open,
  }) => {
    const page = await open("/images");
    await page.clock.install();
    const everything = (url: URL) => url.href.startsWith(stack.api) || url.href.startsWith(uploads);
    await page.route(everything, (route) => route.abort("connectionrefused"));
    await choose(page, await pictureFiles(4));
    await headline(page, "No connection. 4 pictures wait and go on when it is back").waitFor();
    for (let minute = 0; minute < 3; minute += 1)
      for (let second = 0; second < 60; second += 5) {
        await page.clock.runFor(5_000);
        expect(await tray(page).getByRole("heading", { name: "failed" }).count()).toBe(0);
      }
    expect(await page.evaluate(() => navigator.onLine)).toBe(true);
    expect(await tray(page).getByRole("listitem").count()).toBe(4);

    await page.unrouteAll({ behavior: "ignoreErrors" });
    await expect
      .poll(async () => {
        await page.clock.runFor(5_000);
        return (await namesOf(owner)).length;
      }, patience)
      .toBe(4);
    await headline(page, "4 pictures uploaded").waitFor(patience);
    expect(new Set(await namesOf(owner)).size).toBe(4);
  });
});
