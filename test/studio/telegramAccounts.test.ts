import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";
import { link, linkedAccounts, send } from "../support/telegramPage.ts";

describe("linked accounts", () => {
  test("appear without a reload when the link is used on a real phone", async ({
    studio,
    owner,
    open,
  }) => {
    const page = await open("/telegram");
    await linkedAccounts(page).getByText("None yet").waitFor();
    await page.getByRole("button", { name: "Get my link" }).click();
    const phone = studio.telegram.phone({ id: 71_002_001, first_name: "Mira מירה" });
    await confirm(page, phone);
    await linkedAccounts(page).locator("bdi", { hasText: "Mira מירה" }).waitFor();
    // the link works once: it is no longer offered
    await page.getByRole("link", { name: "Open in Telegram" }).waitFor({ state: "detached" });
    await page.getByRole("heading", { name: "Link another account" }).waitFor();
    expect((await owner.client.listTelegramAccounts()).accounts).toHaveLength(1);
  });

  test("are loaded again when the page gets the focus", async ({ studio, owner, open }) => {
    const page = await open("/telegram");
    await linkedAccounts(page).getByText("None yet").waitFor();
    const { url } = await owner.client.linkTelegram();
    const phone = studio.telegram.phone({ id: 71_002_002, first_name: "Ada" });
    phone.sendText(`/start ${new URL(url).searchParams.get("start")}`);
    await press(phone);
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await linkedAccounts(page).locator("bdi", { hasText: "Ada" }).waitFor();
  });

  test("are unlinked after a question that says what becomes of the pictures", async ({
    owner,
    open,
  }) => {
    const page = await open("/telegram");
    await link(page);
    await send(page, "cat.png", "#506070");
    await page.getByRole("log").getByRole("link").waitFor();
    await expect.poll(async () => (await owner.client.listImages()).images.length).toBe(1);
    await page.getByRole("button", { name: "Unlink…" }).click();
    const dialog = page.getByRole("dialog", { name: "Unlink this account?" });
    await dialog.getByText("They are not deleted: their addresses go on working").waitFor();
    await expectAccessibleEverywhere(page);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    expect((await owner.client.listTelegramAccounts()).accounts).toHaveLength(1);

    await page.getByRole("button", { name: "Unlink…" }).click();
    await dialog.getByRole("button", { name: "Unlink", exact: true }).click();
    await linkedAccounts(page).getByText("None yet").waitFor();
    expect((await owner.client.listTelegramAccounts()).accounts).toEqual([]);
    expect((await owner.client.listImages()).images).toEqual([]);
    const address = await page.getByRole("log").getByRole("link").getAttribute("href");
    expect((await fetch(address!)).status).toBe(200);
  });

  test("stay linked, with the reason shown, when unlinking fails", async ({ studio, open }) => {
    const page = await open("/telegram");
    await link(page);
    await page.route(`${studio.stack.api}/telegram/accounts/*`, (route) => route.abort());
    await page.getByRole("button", { name: "Unlink…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Unlink", exact: true }).click();
    await dialog.getByRole("alert").getByText("Keepsake does not answer").waitFor();
    await page.unrouteAll();
    await dialog.getByRole("button", { name: "Unlink", exact: true }).click();
    await linkedAccounts(page).getByText("None yet").waitFor();
  });
});

describe("the simulated phone", () => {
  test("types: /unlink, the code of a link, and what the bot does not answer", async ({
    owner,
    open,
  }) => {
    const page = await open("/telegram");
    const chat = page.getByRole("log", { name: "Chat" });
    const { url } = await owner.client.linkTelegram();
    await type(page, `/start ${new URL(url).searchParams.get("start")}`);
    await chat.getByRole("button", { name: "Link", exact: true }).click();
    await linkedAccounts(page).getByRole("listitem").waitFor();

    await type(page, "/unlink");
    await chat.getByText("This account is no longer linked.").waitFor();
    await linkedAccounts(page).getByText("None yet").waitFor();

    await type(page, "שלום, hello");
    await chat.getByText("שלום, hello").waitFor();
    await chat.getByText("The bot replies to photos, links and /unlink only.").waitFor();
    expect(await chat.getByText("The bot is typing…").count()).toBe(0);
    expect(await message(page).inputValue()).toBe("");
  });

  test("sends what is typed as the caption of a photo, and keeps the chat while other sections are shown", async ({
    owner,
    open,
  }) => {
    const page = await open("/telegram");
    await link(page);
    await message(page).fill("A cat on the quay");
    await send(page, "cat.png", "#405060");
    const chat = page.getByRole("log");
    await chat.getByText("A cat on the quay").waitFor();
    await chat.getByRole("link").waitFor();
    expect(await message(page).inputValue()).toBe("");
    const { images } = await owner.client.listImages();
    expect(images).toMatchObject([{ caption: "A cat on the quay" }]);
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByRole("link", { name: "Telegram", exact: true }).click();
    await chat.getByText("A cat on the quay").waitFor();
  });

  test("brings back what was typed when it could not be sent", async ({ studio, open }) => {
    const page = await open("/telegram");
    await page.route(`${studio.telegram.api}/phone/*/text*`, (route) => route.abort());
    await type(page, "/unlink");
    await page.getByRole("alert").getByText("Keepsake does not answer right now").waitFor();
    expect(await message(page).inputValue()).toBe("/unlink");
    expect(await page.getByRole("log").getByText("/unlink").count()).toBe(0);
  });
});

type Phone = { waitForReply(): Promise<object>; press(data: string, message: never): unknown };

/** Opens the link that the page shows on a phone, and presses “Link”. */
async function confirm(page: Page, phone: Phone & { sendText(text: string): unknown }) {
  const href = await page.getByRole("link", { name: "Open in Telegram" }).getAttribute("href");
  phone.sendText(`/start ${new URL(href!).searchParams.get("start")}`);
  await press(phone);
}

async function press(phone: Phone) {
  const question = (await phone.waitForReply()) as {
    reply_markup: { inline_keyboard: { callback_data: string }[][] };
  };
  const { callback_data } = question.reply_markup.inline_keyboard[0]![0]!;
  phone.press(callback_data, question as never);
  await phone.waitForReply();
}

const message = (page: Page) => page.getByRole("textbox", { name: "Message" });

async function type(page: Page, text: string) {
  await message(page).fill(text);
  await message(page).press("Enter");
}
