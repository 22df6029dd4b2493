import { randomBytes } from "node:crypto";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import {
  deliver,
  newOwner,
  type Owner,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("the public page of a world", () => {
  test("is switched on and off by its owner, and has a new address each time", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { world } = await client.createWorld({ ...draft, pieces: [faction] });
    const { world_id } = world;
    expect(world.page).toBeNull();
    expect((await client.listWorlds()).worlds[0]!.has_page).toBe(false);

    const { page } = await client.publishWorldPage({ world_id });
    expect(page.page_id).toMatch(/^[\w-]{22}$/);
    expect(page.url).toBe(`${stack.api}/w/${page.page_id}`);
    expect(await client.publishWorldPage({ world_id })).toEqual({ page });
    expect((await client.getWorld({ world_id })).world.page).toEqual(page);
    expect((await client.updateWorld({ world_id, theme: "sea" })).world.page).toEqual(page);
    expect((await client.listWorlds()).worlds[0]!.has_page).toBe(true);
    expect((await fetch(page.url)).status).toBe(200);

    await client.unpublishWorldPage({ world_id });
    await client.unpublishWorldPage({ world_id });
    expect((await fetch(page.url)).status).toBe(404);
    expect((await client.getWorld({ world_id })).world.page).toBeNull();
    const again = (await client.publishWorldPage({ world_id })).page;
    expect(again.page_id).not.toBe(page.page_id);
    expect((await fetch(page.url)).status).toBe(404);
    expect((await fetch(again.url)).status).toBe(200);
  });

  test("is switched on once by many requests at the same time", async ({ owner: { client } }) => {
    const { world } = await client.createWorld({ ...draft, pieces: [faction] });
    const pages = await Promise.all(
      Array.from({ length: 8 }, () => client.publishWorldPage(world)),
    );
    expect(new Set(pages.map(({ page }) => page.page_id)).size).toBe(1);
  });

  test("is switched by the world's owner only", async ({ stack, owner }) => {
    const { world } = await owner.client.createWorld({ ...draft, pieces: [faction] });
    const { page } = await owner.client.publishWorldPage(world);
    const other = newOwner(stack).client;
    const notFound = { code: "world.not_found" };
    await expect(other.publishWorldPage(world)).rejects.toMatchObject(notFound);
    await expect(other.unpublishWorldPage(world)).rejects.toMatchObject(notFound);
    expect((await fetch(page.url)).status).toBe(200);
  });

  test("shows the title, the story, the picture and the pieces with their portraits", async ({
    stack,
    owner,
  }) => {
    const { html, world } = await shownWorld(stack, owner);
    const [mira] = world.pieces;
    expect(html).toContain("<title>Ashfall</title>");
    expect(html).toContain('<h1 dir="auto">Ashfall</h1>');
    expect(html).toContain('<p dir="auto">Rain.\nMore rain.</p>\n<p dir="auto">Sun.</p>');
    for (const text of ["Mira", "Fearless", "Mira keeps the lighthouse.", "Characters", "Factions"])
      expect(html).toContain(text);
    expect(html).toContain(`src="${world.image!.url}"`);
    expect(html).toContain(`${world.image!.variants[0]!.url} 320w`);
    expect(html).toContain('alt="The sea"');
    expect(html).toContain(`src="${mira!.details.image_portrait}"`);
    const sizes = mira!.details.image_portrait_variants as { url: string; width: number }[];
    for (const { url, width } of sizes) expect(html).toContain(`${url} ${width}w`);
    expect(html).not.toContain("secret");
  });

  test("leaves out what is pending, and private pictures", async ({ stack, owner }) => {
    const { client } = owner;
    const { world, page } = await shownWorld(stack, owner);
    const { world_id } = world;
    await client.addPieces({ world_id, pieces: [await character("Vela")] });
    const { piece_id } = world.pieces[0]!;
    const image_portrait_base64 = (await png(77)).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    await stack.sql`update images set visibility = 'private', url = null`;
    const html = await (await fetch(page.url)).text();
    expect(html).toContain("Vela");
    expect(html).not.toContain("base64");
    expect(html).not.toContain('class="hero"');
    const sources = [...html.matchAll(/<img [^>]*?src="([^"]*)"/g)].map(([, src]) => src);
    expect(sources).toEqual([world.pieces[0]!.details.image_portrait]);
  });

  test("allows nothing but the pictures that it shows, and is kept for a minute", async ({
    stack,
    owner,
  }) => {
    const { page } = await shownWorld(stack, owner);
    const { headers, status } = await fetch(page.url);
    expect(status).toBe(200);
    const sent = Object.fromEntries(headers);
    expect(sent).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "public, max-age=60",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-robots-tag": "noindex",
    });
    expect(sent["content-security-policy"]).toMatch(
      new RegExp(
        `^default-src 'none'; img-src data: ${stack.cdn}; style-src 'sha256-[\\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$`,
      ),
    );
    const head = await fetch(page.url, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    const etag = headers.get("etag")!;
    expect((await fetch(page.url, { headers: { "if-none-match": etag } })).status).toBe(304);
  });

  test("is gone at once with its world and with everything of its owner", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const first = await client.createWorld({ ...draft, pieces: [faction] });
    const { page } = await client.publishWorldPage(first.world);
    await client.deleteWorld(first.world);
    expect((await fetch(page.url)).status).toBe(404);

    const second = await shownWorld(stack, owner);
    expect((await fetch(second.page.url)).status).toBe(200);
    await client.eraseOwner();
    const response = await fetch(second.page.url);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain("Ashfall");
    const { page_id } = second.page;
    const left = await stack.sql`select 1 from world_pages where page_id = ${page_id}`;
    expect([...left]).toEqual([]);
  });

  test("of an unknown address is a page that says so, and is not kept", async ({ stack }) => {
    for (const id of [randomBytes(16).toString("base64url"), "x", "%00", "A".repeat(500)]) {
      const response = await fetch(`${stack.api}/w/${id}`);
      expect([id, response.status]).toEqual([id, 404]);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(response.headers.get("x-robots-tag")).toBe("noindex");
      expect(await response.text()).toContain("There is no page here");
    }
  });

  test("costs one indexed query when the address is unknown, and none when it cannot be one", async ({
    stack,
  }) => {
    const reads = async () => {
      await stack.sql`select pg_stat_force_next_flush()`;
      const [row] = await stack.sql`
        select coalesce(sum(idx_scan), 0)::integer as by_index, coalesce(sum(seq_scan), 0)::integer as whole
        from pg_stat_all_tables where relname = 'world_pages'
      `;
      return row;
    };
    const plan = await stack.sql.unsafe(
      `explain (format json) select 1 from world_pages where page_id = '${"A".repeat(22)}'`,
    );
    expect(JSON.stringify(plan)).toContain("world_pages_pkey");
    const before = await reads();
    for (const id of ["x", "A".repeat(21), "A".repeat(23), `${"A".repeat(21)}B`, "__proto__"])
      expect((await fetch(`${stack.api}/w/${id}`)).status).toBe(404);
    expect(await reads()).toEqual(before);
  });
});

const draft = { theme: "norse", title: "Ashfall", story: "Rain.\nMore rain.\n\nSun." };

/** A world with a picture, a published portrait and a page. */
async function shownWorld(stack: TestStack, { client }: Owner) {
  const image = await client.upload(fileOf(await png(340, "#0c1d2e")));
  await client.updateImage({ image_id: image.image_id, alt: "The sea" });
  const details = { traits: ["Fearless"], own: "secret" };
  const pieces = [await character("Mira", await png(340), details), faction];
  const created = await client.createWorld({ ...draft, pieces, image_id: image.image_id });
  const { world_id } = created.world;
  const { piece_id } = created.world.pieces[0]!;
  await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
  const { page } = await client.publishWorldPage({ world_id });
  const { world } = await client.getWorld({ world_id });
  return { world, page, html: await (await fetch(page.url)).text() };
}
