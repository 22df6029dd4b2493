import type { Page } from "playwright-core";
import { character } from "./pieceDrafts.ts";
import type { Owner } from "./stack.ts";

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

/** The card of a piece on the page of its world. */
export const cardOf = (page: Page, name: string) =>
  page.getByRole("article", { name, exact: true });

/** Answers the requests with this method to this path with 500 until the returned function is called. */
export async function failRequests(page: Page, origin: string, method: string, path: string) {
  const pattern = `**${path}`;
  await page.route(pattern, (route) =>
    route.request().method() === method
      ? route.fulfill({
          status: 500,
          headers: { "access-control-allow-origin": origin },
          json: { message: "Internal Server Error" },
        })
      : route.fallback(),
  );
  return () => page.unroute(pattern);
}

export const copiedText = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
