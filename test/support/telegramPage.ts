import type { Page } from "playwright-core";
import { png } from "./images.ts";

/** Sends a photo from the phone of the page. */
export async function send(page: Page, name: string, colour: string) {
  const file = { name, mimeType: "image/png", buffer: await png(64, colour) };
  await page.getByLabel("Send a photo").setInputFiles([file]);
}

/** Links the phone of the page to the signed-in owner. */
export async function link(page: Page) {
  await page.getByRole("button", { name: "Get my link" }).click();
  await page.getByRole("button", { name: "Open the link" }).click();
  const chat = page.getByRole("log");
  await chat.getByRole("button", { name: "Link", exact: true }).click();
  await chat.getByText("This account is linked to").waitFor();
  await linkedAccounts(page).getByRole("listitem").waitFor();
}

export const linkedAccounts = (page: Page) => page.getByRole("region", { name: "Linked accounts" });
