import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";
import { link, send } from "../support/telegramPage.ts";

test("a stage without a bot shows nothing of it", async ({ open }) => {
  const page = await open("/");
  // a response that the test replaced would count as one from the internet, which may not call this machine
  await page.addInitScript(() => {
    const { parse } = JSON;
    JSON.parse = (text, ...rest) => {
      const value = parse(text, ...rest);
      return value?.sign_in ? { ...value, no_bot: true } : value;
    };
  });
  await page.goto("/images");
  await page.getByText("Pictures appear here when you upload them.").waitFor();
  const sections = page.getByRole("navigation", { name: "Sections" }).getByRole("link");
  expect(await sections.allInnerTexts()).toEqual(["Create", "Worlds", "Images", "Datasets"]);
  await page.goto("/telegram");
  await page.getByRole("heading", { name: "Page not found" }).waitFor();
});

describe("a person with a phone", () => {
  test("links it, sends a photo, and finds it in the gallery", async ({ studio, owner, open }) => {
    const page = await open("/telegram");
    await page.getByRole("button", { name: "Get my link" }).click();
    await page.getByRole("button", { name: "Open the link" }).click();
    const chat = page.getByRole("log", { name: "Chat" });
    await chat.getByText(`Link this Telegram account to ${owner.sub}?`).waitFor();
    await chat.getByRole("button", { name: "Link", exact: true }).click();
    await chat.getByText(`This account is linked to ${owner.sub}.`).waitFor();

    await send(page, "cat.png", "#708090");
    await chat.getByRole("img", { name: "cat.png" }).waitFor();
    const address = await chat.getByRole("link").getAttribute("href");
    await page.getByRole("heading", { name: "In your gallery" }).waitFor();
    const { images } = await owner.client.listImages();
    expect(images).toMatchObject([{ platform: "telegram", url: address }]);
    expect(address).toContain(studio.stack.cdn);
    expect(await page.getByText("not in your gallery yet").count()).toBe(0);

    await page.getByRole("link", { name: "See it in your gallery" }).click();
    const tile = page.getByRole("region", { name: "Gallery" }).getByRole("gridcell");
    await tile.getByText("Telegram", { exact: true }).waitFor();
    expect(await tile.getByRole("img").getAttribute("src")).toBe(address);
  });

  test("sees why a photo is not in the gallery, and gets it there by linking", async ({
    owner,
    open,
  }) => {
    const page = await open("/telegram");
    await send(page, "early.png", "#607080");
    await page.getByRole("log").getByRole("link").waitFor();
    await page.getByText("This picture is not in your gallery yet").waitFor();
    expect((await owner.client.listImages()).images).toEqual([]);

    await link(page);
    await page.getByRole("heading", { name: "In your gallery" }).waitFor();
    await page.getByText("not in your gallery yet").waitFor({ state: "detached" });
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("sends several photos at once as an album", async ({ owner, open }) => {
    const page = await open("/telegram");
    await link(page);
    const files = await Promise.all(
      ["#112233", "#223344"].map(async (colour) => ({
        name: `${colour.slice(1)}.png`,
        mimeType: "image/png",
        buffer: await png(64, colour),
      })),
    );
    await page.getByLabel("Send a photo").setInputFiles(files);
    await page.getByRole("log").getByRole("link").nth(1).waitFor();
    const { images } = await owner.client.listImages();
    const tags = [expect.stringMatching(/^album-/)];
    expect(images).toMatchObject([{ tags }, { tags }]);
    expect(images[0]!.tags).toEqual(images[1]!.tags);
  });

  test("can cancel the link", async ({ studio, owner, open }) => {
    const page = await open("/telegram");
    await page.getByRole("button", { name: "Get my link" }).click();
    await page.getByRole("button", { name: "Open the link" }).click();
    await page.getByRole("log").getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Nothing was linked.").waitFor();
    const mine = `user:${owner.sub}`;
    expect(
      await studio.stack.sql`select 1 from telegram_accounts where owner_id = ${mine}`,
    ).toEqual([]);
  });

  test("sees the bot's reply to a file that is no picture", async ({ open }) => {
    const page = await open("/telegram");
    await page
      .getByLabel("Send a photo")
      .setInputFiles([
        { name: "fake.png", mimeType: "image/png", buffer: Buffer.from("No image") },
      ]);
    await page.getByText("This picture could not be stored.").waitFor();
  });

  test("finds the same chat after visiting another section, and the same phone after a reload", async ({
    open,
  }) => {
    const page = await open("/telegram");
    await send(page, "first.png", "#506070");
    await page.getByRole("log").getByRole("link").waitFor();
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByRole("link", { name: "Telegram", exact: true }).click();
    await page.getByRole("log").getByRole("img", { name: "first.png" }).waitFor();

    await link(page);
    await page.reload();
    await page.getByRole("heading", { name: "In your gallery" }).waitFor();
    await send(page, "second.png", "#405060");
    await page.getByRole("log").getByRole("link").waitFor();
    expect(await page.getByText("not in your gallery yet").count()).toBe(0);
  });

  test("sees an error when a photo could not be sent, and can try again", async ({
    studio,
    open,
  }) => {
    const page = await open("/telegram");
    await page.route(`${studio.telegram.api}/phone/*/photo*`, (route) => route.abort(), {
      times: 1,
    });
    await send(page, "lost.png", "#304050");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("img", { name: "lost.png" }).count()).toBe(0);
    await send(page, "lost.png", "#304050");
    await page.getByRole("log").getByRole("link").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });
});

describe("the link", () => {
  test("shows how long it is valid, and is replaced by a new one", async ({ open }) => {
    const page = await open("/telegram");
    await page.clock.install();
    await page.getByRole("button", { name: "Get my link" }).click();
    const first = await page.getByRole("link", { name: "Open in Telegram" }).getAttribute("href");
    expect(first).toMatch(/^https:\/\/t\.me\/keepsake_test_bot\?start=[\w-]{32}$/);
    await page.getByText(/Valid for (10:00|9:5\d)/).waitFor();
    await page.clock.fastForward(120_000);
    await page.getByText(/Valid for (8:00|7:[45]\d)/).waitFor();
    await page.getByRole("button", { name: "Copy link" }).click();
    await page.getByText("Copied").waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(first);

    await page.clock.fastForward(480_000);
    await page.getByText("This link has expired.").waitFor();
    expect(await page.getByText(first!).count()).toBe(0);
    await page.clock.setSystemTime(Date.now());
    await page.getByRole("button", { name: "Get a new link" }).click();
    const second = page.getByRole("link", { name: "Open in Telegram" });
    expect(await second.getAttribute("href")).not.toBe(first);
  });

  test("shows an error when it cannot be created, and is created on the second try", async ({
    studio,
    open,
  }) => {
    const page = await open("/telegram");
    await page.route(`${studio.stack.api}/telegram/link`, (route) => route.abort(), { times: 1 });
    await page.getByRole("button", { name: "Get my link" }).click();
    await page.getByText("Keepsake does not answer right now").waitFor();
    await page.getByRole("button", { name: "Get my link" }).click();
    await page.getByRole("link", { name: "Open in Telegram" }).waitFor();
  });
});

test("the page passes axe with a whole conversation, in light and dark, on a phone and a desktop", async ({
  open,
}) => {
  const page = await open("/telegram", { reducedMotion: "reduce" });
  await expectAccessibleEverywhere(page);
  await send(page, "early.png", "#203040");
  await page.getByText("not in your gallery yet").waitFor();
  await page.getByRole("button", { name: "Get my link" }).click();
  await page.getByRole("button", { name: "Open the link" }).click();
  await page.getByRole("log").getByRole("button", { name: "Cancel" }).waitFor();
  await expectAccessibleEverywhere(page);
});
