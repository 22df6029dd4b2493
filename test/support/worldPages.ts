import type { Page, Route } from "playwright-core";
import { expect } from "vitest";
import { character } from "./pieceDrafts.ts";
import type { Owner } from "./stack.ts";
import { test as studioTest } from "./studio.ts";

/** Creates Ashfall with Mira, whose portrait is at `url`, and a bell. */
export async function ashfall({ client }: Owner) {
  const bell = { type: "relic" as const, name: "A bell", description: "It hums.", details: {} };
  const { world_id } = (
    await client.createWorld({
      theme: "norse",
      title: "Ashfall",
      story: "It has been snowing ash.",
      pieces: [await character("Mira"), bell],
    })
  ).world;
  const { pieces } = await client.waitForPortraits(world_id);
  const piece_id = pieces[0]!.piece_id;
  return { world_id, piece_id, url: String(pieces[0]!.details.image_portrait) };
}

/** Studio's `test`. `openAshfall` creates Ashfall and opens its page. */
export const test = studioTest.extend(
  "openAshfall",
  ({ owner, open }) =>
    async (options?: Parameters<typeof open>[1]) => {
      const world = await ashfall(owner);
      return { ...world, page: await open(`/worlds/${world.world_id}`, options) };
    },
);

/** The card of a piece on the page of its world. */
export const cardOf = (page: Page, name: string) =>
  page.getByRole("article", { name, exact: true });

/** Answers the requests with this method to this path with 500 until the returned function is called. */
export const failRequests = (page: Page, origin: string, method: string, path: string) =>
  answerWith500(page, origin, method, path, async () => {});

/** The same, after the API has done what they ask: the page never gets its response. */
export const loseResponses = (page: Page, origin: string, method: string, path: string) =>
  answerWith500(page, origin, method, path, (route) => route.fetch());

async function answerWith500(
  page: Page,
  origin: string,
  method: string,
  path: string,
  before: (route: Route) => Promise<unknown>,
) {
  const pattern = `**${path}`;
  await page.route(pattern, async (route) => {
    if (route.request().method() !== method) return route.fallback();
    await before(route);
    await route.fulfill({
      status: 500,
      headers: { "access-control-allow-origin": origin },
      json: { message: "Internal Server Error" },
    });
  });
  return () => page.unroute(pattern);
}

/** Waits for the receipt of what was deleted, checks that the API has it too, and closes it. */
export async function closeReceipt(page: Page, { client }: Owner, name: string) {
  const receipt = page.getByRole("dialog", { name: "Deleted" });
  await receipt.getByText(`“${name}” was deleted.`).waitFor();
  const erasure_id = await receipt.locator("code").innerText();
  expect((await client.getErasure({ erasure_id })).erasure).toMatchObject({ erasure_id });
  await receipt.getByRole("button", { name: "Done" }).click();
}

export const copiedText = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
