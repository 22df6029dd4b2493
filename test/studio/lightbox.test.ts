import { describe, expect } from "vitest";
import {
  drawn,
  eventually,
  lightbox,
  photos,
  picture,
  source,
  tile,
  touch,
} from "../support/lightboxPages.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";

describe("the lightbox", () => {
  test("has an address of its own: reload, Back and Forward work, and the gallery's query stays", async ({
    owner,
    open,
  }) => {
    const [older, newer] = await photos(owner, ["older.jpg", "newer.jpg"]);
    const page = await open("/images");
    await tile(page, newer!.image_id).click();
    await picture(page).waitFor();
    expect(pathOf(page.url())).toBe(`/images/${newer!.image_id}`);
    expect(await page.title()).toBe("newer.jpg · Keepsake");
    await page.getByRole("button", { name: "Next image" }).click();
    await lightbox(page).getByRole("heading", { name: "older.jpg" }).waitFor();
    expect(pathOf(page.url())).toBe(`/images/${older!.image_id}`);

    await page.reload();
    await lightbox(page).getByRole("heading", { name: "older.jpg" }).waitFor();
    await page.goBack();
    await lightbox(page).waitFor({ state: "detached" });
    expect(pathOf(page.url())).toBe("/images");
    await page.goForward();
    await lightbox(page).getByRole("heading", { name: "older.jpg" }).waitFor();

    await page.goto(`/images/${newer!.image_id}?order=newest`);
    await picture(page).waitFor();
    await page.keyboard.press("ArrowRight");
    await eventually(() => pathOf(page.url())).toBe(`/images/${older!.image_id}?order=newest`);
    await page.keyboard.press("Escape");
    await eventually(() => pathOf(page.url())).toBe("/images?order=newest");
    expect(await page.title()).toBe("Images · Keepsake");
  });

  test("goes to neighbours with buttons and arrow keys, and its closing focuses the tile of the image", async ({
    owner,
    open,
  }) => {
    const images = await photos(owner, ["c.jpg", "b.jpg", "a.jpg"]);
    const page = await open("/images");
    await tile(page, images[2]!.image_id).focus();
    await page.keyboard.press("Enter");
    const heading = lightbox(page).getByRole("heading", { level: 2 });
    await heading.getByText("a.jpg").waitFor();
    await page.getByText("1 of 3").waitFor();
    const previous = page.getByRole("button", { name: "Previous image" });
    expect(await previous.getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("ArrowLeft"); // nothing before the first
    await page.keyboard.press("ArrowRight");
    await heading.getByText("b.jpg").waitFor();
    await page.getByRole("button", { name: "Next image" }).click();
    await heading.getByText("c.jpg").waitFor();
    await page.keyboard.press("ArrowRight"); // nor after the last
    await previous.click();
    await heading.getByText("b.jpg").waitFor();

    await page.keyboard.press("Escape");
    await lightbox(page).waitFor({ state: "detached" });
    const focused = () =>
      page.evaluate(() =>
        document.activeElement?.closest("[data-image]")?.getAttribute("data-image"),
      );
    await eventually(focused).toBe(images[1]!.image_id);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Close" }).click();
    await eventually(focused).toBe(images[1]!.image_id);
  });

  test("loads more of the gallery at the end of what is loaded", async ({
    studio,
    owner,
    open,
  }) => {
    const [seed] = await photos(owner, ["seed.jpg"]);
    const copies = await copyRows(studio.stack, seed!.image_id, 130);
    const ids = copies.sort().reverse(); // the newest is the first; the first page has 100
    const page = await open(`/images/${ids[96]}`);
    await page.getByText("image 97 of").waitFor();
    for (let place = 98; place <= 104; place += 1) {
      await page.keyboard.press("ArrowRight");
      await page.getByText(`image ${place} of`).waitFor();
    }
    await page.getByText("image 104 of 131").waitFor();
  });

  test("is as large as the page, loads the copy of 960 px and those of its neighbours, and the file itself when it is zoomed", async ({
    owner,
    open,
  }) => {
    const [older, middle, newer] = await photos(owner, ["1.jpg", "2.jpg", "3.jpg"]);
    const page = await open(`/worlds`);
    const loaded = new Set<string>();
    page.on("response", (response) => loaded.add(response.url()));
    await page.goto(`/images/${middle!.image_id}`);
    const copies = [older, middle, newer].map((image) => image!.variants.at(-1)!.url);
    for (const copy of copies) await eventually(() => [...loaded]).toContain(copy);
    await eventually(() => source(page)).toBe(copies[1]);
    const { width, height } = await drawn(page);
    expect(width).toBeGreaterThan(800); // of 1,280, beside the details
    expect(width / height).toBeCloseTo(middle!.width! / middle!.height!, 2);
    const originals = [older, middle, newer].map((image) => image!.url!);
    expect(originals.filter((url) => loaded.has(url))).toEqual([]);

    await page.keyboard.press("+");
    await eventually(() => source(page)).toBe(middle!.url);
    expect(originals.filter((url) => loaded.has(url))).toEqual([middle!.url]);
  });

  test("zooms with the wheel, + and −, the buttons and a double click, and pans", async ({
    owner,
    open,
  }) => {
    const [image] = await photos(owner, ["zoom.jpg"]);
    const page = await open(`/images/${image!.image_id}`);
    await picture(page).waitFor();
    const fitted = await drawn(page);
    const width = async () => Math.round(((await drawn(page)).width / fitted.width) * 10) / 10;

    await page.keyboard.press("+");
    await eventually(width).toBe(1.6);
    const before = await drawn(page);
    await page.mouse.move(fitted.x, fitted.y);
    await page.mouse.down();
    await page.mouse.move(fitted.x + 90, fitted.y + 40, { steps: 4 });
    await page.mouse.up();
    await eventually(async () => Math.round((await drawn(page)).x - before.x)).toBe(90);
    await page.mouse.move(fitted.x, fitted.y);
    await page.mouse.down();
    await page.mouse.move(fitted.x + 3_000, fitted.y, { steps: 4 }); // no further than its edge
    await page.mouse.up();
    const edge = await drawn(page);
    expect(edge.x - edge.width / 2).toBeLessThanOrEqual(1);
    await page.keyboard.press("-");
    await eventually(() => drawn(page)).toEqual(fitted);

    await page.mouse.move(fitted.x + 100, fitted.y);
    await page.mouse.wheel(0, -200);
    await eventually(width).toBeGreaterThan(1.2);
    await page.keyboard.press("0");
    await eventually(() => drawn(page)).toEqual(fitted);
    await page.mouse.dblclick(fitted.x + 100, fitted.y);
    await eventually(width).toBe(2.5);
    // what was under the pointer is there still
    expect((await drawn(page)).x).toBeCloseTo(fitted.x - 150, 0);
    await page.mouse.dblclick(fitted.x, fitted.y);
    await eventually(() => drawn(page)).toEqual(fitted);

    await page.getByRole("button", { name: "Zoom in" }).click();
    await eventually(width).toBe(1.6);
    await page.getByRole("button", { name: "Zoom out" }).click();
    await eventually(width).toBe(1);
  });

  test("answers to fingers: swipe, pinch, double tap", async ({ owner, open }) => {
    const [older, newer] = await photos(owner, ["older.jpg", "newer.jpg"]);
    const page = await open(`/images/${newer!.image_id}`, {
      viewport: { width: 390, height: 800 },
      hasTouch: true,
      isMobile: true,
    });
    await picture(page).waitFor();
    await page.getByText("1 of 2").waitFor();
    const { x, y, width } = await drawn(page);
    const right = { x: x + 120, y };
    const left = { x: x - 120, y };

    await touch(page, [{ from: left, to: right }]); // there is nothing before it
    await touch(page, [{ from: right, to: { x: right.x - 20, y } }]); // too short
    expect(pathOf(page.url())).toBe(`/images/${newer!.image_id}`);
    await touch(page, [{ from: right, to: left }]);
    await eventually(() => pathOf(page.url())).toBe(`/images/${older!.image_id}`);
    await touch(page, [{ from: left, to: right }]);
    await eventually(() => pathOf(page.url())).toBe(`/images/${newer!.image_id}`);

    const near = (offset: number) => ({ x: x + offset, y });
    await touch(page, [
      { from: near(-30), to: near(-90) },
      { from: near(30), to: near(90) },
    ]);
    await eventually(async () => (await drawn(page)).width / width).toBeCloseTo(3, 0);
    const zoomed = await drawn(page);
    await touch(page, [{ from: right, to: left }]); // pans, and stays
    await eventually(async () => (await drawn(page)).x).toBeLessThan(zoomed.x - 100);
    expect(pathOf(page.url())).toBe(`/images/${newer!.image_id}`);
    await page.touchscreen.tap(x, y);
    await page.touchscreen.tap(x, y);
    await eventually(async () => Math.round((await drawn(page)).width)).toBe(Math.round(width));
  });

  test("shows why an image is not published, and one that no longer exists", async ({
    studio,
    owner,
    open,
  }) => {
    const [seed] = await photos(owner, ["seed.jpg"]);
    const [pending, rejected] = await copyRows(studio.stack, seed!.image_id, 2);
    const { sql } = studio.stack;
    await sql`update images set status = 'pending', url = null, key = null, platform = 'telegram' where image_id = ${pending!}`;
    await sql`update images set status = 'rejected', url = null, key = null, platform = 'telegram', error = 'The file is no longer there'
              where image_id = ${rejected!}`;
    const page = await open(`/images/${rejected}`);
    await lightbox(page).getByText("It was rejected.").waitFor();
    await lightbox(page).getByText("The file is no longer there").first().waitFor();
    expect(await page.getByRole("button", { name: "Download" }).count()).toBe(0);
    await page.goto(`/images/${pending}`);
    await lightbox(page).getByText("Fetching it from Telegram…").waitFor();
    await page.goto("/images/00000000-0000-7000-8000-000000000000");
    await page.getByText("This image does not exist").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Images", level: 1 }).waitFor();
  });

  test("folds its details away, and shows them below the picture on a phone", async ({
    owner,
    open,
  }) => {
    const [image] = await photos(owner, ["fold.jpg"]);
    const page = await open(`/images/${image!.image_id}`, {
      viewport: { width: 360, height: 740 },
    });
    await picture(page).waitFor();
    const toggle = page.getByRole("button", { name: "Details" });
    const details = page.getByRole("region", { name: "Details" });
    expect(await details.count()).toBe(0);
    await toggle.click();
    await eventually(async () => (await drawn(page)).y + 100).toBeLessThan(
      (await details.boundingBox())!.y,
    );
    expect(await details.getByText("1,600 × 1,200 px").count()).toBe(1);
    expect(await details.getByText(image!.sha256!).isVisible()).toBe(false);
    await details.getByText("SHA-256 and id").click();
    await details.getByText(image!.sha256!).waitFor();
    await expectAccessibleEverywhere(page);
    await page.setViewportSize({ width: 1_280, height: 800 });
    expect((await details.boundingBox())!.x).toBeGreaterThan(800);
    await toggle.click();
    await details.waitFor({ state: "detached" });
    await eventually(async () => (await drawn(page)).width).toBeGreaterThan(980);
  });

  test("says what was done to the file: encoded anew, or an animation lost", async ({
    studio,
    owner,
    open,
  }) => {
    const [image] = await photos(owner, ["file.jpg"]);
    const { image_id } = image!;
    const page = await open(`/images/${image_id}`);
    await page.getByText("As you sent it, without hidden data").waitFor();
    await studio.stack
      .sql`update images set rewritten = true, warnings = '["animation_dropped"]' where image_id = ${image_id}`;
    await page.reload();
    await page.getByText("Encoded anew, without its hidden data").waitFor();
    await page.getByText("the animation is gone").waitFor();
  });

  test("moves nothing with reduced motion, and keeps its borders in forced colours", async ({
    owner,
    open,
  }) => {
    const [image] = await photos(owner, ["calm.jpg"]);
    const page = await open(`/images/${image!.image_id}`, {
      reducedMotion: "reduce",
      forcedColors: "active",
    });
    await picture(page).waitFor();
    await page.keyboard.press("+");
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    const borders = await lightbox(page)
      .getByRole("button", { name: /Next|Zoom in/ })
      .evaluateAll((buttons) => buttons.map((button) => getComputedStyle(button).borderTopWidth));
    expect(borders).toEqual(["1px", "1px"]);
  });
});

const pathOf = (url: string) => url.slice(new URL(url).origin.length);

/** Copies the row of an image, and resolves to the ids of the copies. */
async function copyRows({ sql }: { sql: import("postgres").Sql }, image_id: string, count: number) {
  const rows = await sql<{ image_id: string }[]>`
    insert into images
    select (jsonb_populate_record(i, jsonb_build_object('image_id', uuidv7(), 'platform_ref', 'copy ' || n))).*
    from images i, generate_series(1, ${count}) n
    where image_id = ${image_id}
    returning image_id
  `;
  return rows.map((row) => row.image_id);
}
