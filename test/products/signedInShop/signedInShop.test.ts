import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../../support/browser.ts";
import { type NpmStart, startSystem } from "../../support/npmStart.ts";
import { testPicture } from "../testPicture.ts";
import { startShop } from "./server.ts";

let tokenSeconds = 3_600;
let keepsake: NpmStart;
let shop: Awaited<ReturnType<typeof startShop>>;
let browser: Browser;
let script: string;

beforeAll(async () => {
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, "page.ts")],
    bundle: true,
    format: "esm",
    write: false,
  });
  script = bundle.outputFiles[0]!.text;
  const html = readFileSync(join(import.meta.dirname, "page.html"), "utf8");
  shop = await startShop({
    files: {
      "/": { type: "text/html", text: html },
      "/page.js": { type: "text/javascript", text: script },
    },
    keepsake: () => keepsake,
    tokenSeconds: () => tokenSeconds,
  });
  keepsake = await startSystem({ env: { WEB_ORIGINS: shop.origin } });
  browser = await launchBrowser();
}, 90_000);
afterAll(async () => {
  await browser?.close();
  await keepsake?.stop();
  shop?.stop();
});

describe("a shop that signs its users in by a cookie", () => {
  test("generates characters, creates their world and shows the portraits from the CDN", async () => {
    const page = await signIn("Alice");
    expect(await click(page, "Create a world")).toBe("2 portraits");
    const shown = await shownIn(page, "Portraits");
    expect(shown).toHaveLength(2);
    for (const { src, width } of shown) {
      expect(src).toContain(`${keepsake.cdn}/portraits/`);
      expect(width).toBeGreaterThan(0);
    }
    await page.context().close();
  });

  test("uploads a file in three requests, and shows it among the user's images", async () => {
    const page = await signIn("Zoë Ångström");
    const requests: string[] = [];
    page.on("request", (request) => {
      if (request.method() !== "GET") requests.push(`${request.method()} ${request.url()}`);
    });
    expect(await upload(page, "holiday.png")).toBe("Uploaded holiday.png");
    const shown = await shownIn(page, "Images");
    expect(shown).toEqual([
      { src: expect.stringContaining(keepsake.cdn), width: expect.any(Number), alt: "holiday.png" },
    ]);
    expect(shown[0]!.width).toBeGreaterThan(0);
    const sent = requests.filter((request) => !/OPTIONS|picture-token/.test(request));
    expect(sent).toEqual([
      `POST ${keepsake.api}/uploads`,
      expect.stringMatching(/^PUT .*X-Amz-Signature/),
      expect.stringMatching(/^POST .*\/uploads\/[\w-]+\/complete$/),
    ]);
    await page.reload();
    expect(await click(page, "Show my images")).toBe("1 images");
    await page.context().close();
  });

  test("shows a user no image and no world of another user", async () => {
    const ann = await signIn("Ann");
    await upload(ann, "secret.png");
    const [token, world] = [await tokenOf(ann), await click(ann, "Create a world")];
    expect(world).toBe("2 portraits");
    const own = await get("/images", token);
    const { images } = own.body as { images: { image_id: string }[] };
    const { worlds } = (await get("/worlds", token)).body as { worlds: { world_id: string }[] };
    expect([images.length, worlds.length]).toEqual([1, 1]);

    // ids that differ in one character are two users
    for (const name of ["Bob", "Ann ", "Änn", "A/nn"]) {
      const other = await signIn(name);
      expect(await click(other, "Show my images")).toBe("0 images");
      const others = await tokenOf(other);
      expect((await get("/worlds", others)).body).toMatchObject({ worlds: [] });
      for (const path of [`/images/${images[0]!.image_id}`, `/worlds/${worlds[0]!.world_id}`]) {
        expect((await get(path, token)).status).toBe(200);
        expect((await get(path, others)).status).toBe(404);
      }
      await other.context().close();
    }
    await ann.context().close();
  });

  test("uses another token after another user signs in on the same page", async () => {
    const page = await signIn("Carl");
    expect(await upload(page, "carl.png")).toBe("Uploaded carl.png");
    await page.evaluate(() => {
      document.querySelector("form")!.hidden = false;
    });
    await enter(page, "Dora");
    expect(await click(page, "Show my images")).toBe("0 images");
    await page.context().close();
  });

  test("renews a token that expires, and the expired one is refused", async () => {
    tokenSeconds = 3;
    try {
      const page = await signIn("Eve");
      const tokens: string[] = [];
      page.on("request", (request) => {
        const [, token] = /^Bearer (.+)$/.exec(request.headers().authorization ?? "") ?? [];
        if (token && !tokens.includes(token)) tokens.push(token);
      });
      expect(await click(page, "Show my images")).toBe("0 images");
      expect(await click(page, "Show my images")).toBe("0 images");
      expect(tokens).toHaveLength(1);
      await sleep(4_000);
      expect(await get("/images", tokens[0]!)).toMatchObject({
        status: 401,
        body: { error: { code: "token.refused" } },
      });
      expect(await upload(page, "late.png")).toBe("Uploaded late.png");
      expect(new Set(tokens).size).toBeGreaterThan(1);
      await page.context().close();
    } finally {
      tokenSeconds = 3_600;
    }
  });

  test("gives no token without its cookie, nor to the page of another origin", async () => {
    const ask = (headers: Record<string, string>) =>
      fetch(`${shop.origin}/picture-token`, { method: "POST", headers });
    expect((await ask({ origin: shop.origin })).status).toBe(401);
    expect((await ask({ origin: shop.origin, cookie: "shop_session=0" })).status).toBe(401);
    expect((await ask({ origin: "http://127.0.0.1:1" })).status).toBe(403);
  });

  test("never sends its service key to a page, and CORS rejects a page that has it", async () => {
    const page = await signIn("Fay");
    const bodies: Promise<string>[] = [];
    page.on("response", (response) => bodies.push(response.text().catch(() => "")));
    await page.reload();
    await click(page, "Show my images");
    const received = await Promise.all(bodies);
    expect(received.length).toBeGreaterThan(3);
    expect(received.join("")).not.toContain(keepsake.service_key);

    const outcome = await page.evaluate(
      ({ api, key }) =>
        fetch(`${api}/images`, {
          headers: { authorization: `Bearer ${key}`, "keepsake-owner": "alice" },
        }).then(
          () => "answered",
          () => "blocked",
        ),
      { api: keepsake.api, key: keepsake.service_key },
    );
    expect(outcome).toBe("blocked");
    await page.context().close();
  });
});

/** A browser of its own for this user: no cookie is shared. */
async function signIn(name: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(shop.origin);
  await enter(page, name);
  return page;
}

async function enter(page: Page, name: string) {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(`Hello, ${name}`, { exact: true }).waitFor();
}

/** The page's status once the work of the button ended. */
async function click(page: Page, name: string) {
  await page.getByRole("button", { name }).click();
  return finished(page);
}

async function upload(page: Page, name: string) {
  const file = { name, mimeType: "image/png", buffer: testPicture() };
  await page.getByLabel("Picture").setInputFiles(file);
  return finished(page);
}

async function finished(page: Page) {
  const status = page.getByRole("status");
  await expect.poll(() => status.textContent(), { timeout: 15_000 }).not.toBe("Working");
  return status.textContent();
}

/** The pictures of a section, after the browser has decoded each. */
function shownIn(page: Page, section: string) {
  return page.getByRole("region", { name: section }).evaluate((element) =>
    Promise.all(
      [...element.querySelectorAll("img")].map(async (image) => {
        await image.decode();
        return { src: image.currentSrc, width: image.naturalWidth, alt: image.alt };
      }),
    ),
  );
}

/** A token as the page of this user gets it. */
async function tokenOf(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const response = await fetch("/picture-token", { method: "POST" });
    return ((await response.json()) as { token: string }).token;
  });
}

async function get(path: string, token: string) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(keepsake.api + path, { headers });
  return { status: response.status, body: (await response.json()) as unknown };
}
