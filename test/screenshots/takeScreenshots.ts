import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Client, createClient } from "@keepsake/client";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { launchBrowser } from "../support/browser.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { landscape } from "./drawLandscape.ts";

const target = resolve(import.meta.dirname, "../../docs/images");
const name = "Mira";

/** Every page is taken in light, in dark, and 360 px wide. */
const looks = {
  light: { viewport: { width: 1280, height: 860 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 860 }, colorScheme: "dark" },
  narrow: { viewport: { width: 360, height: 760 }, colorScheme: "light" },
} as const;

type Look = keyof typeof looks;

/** `npm run screenshots`: every page of Studio on a system of its own, written to `docs/images`. */
async function main() {
  const home = await mkdtemp(join(tmpdir(), "keepsake-screenshots-"));
  Object.assign(process.env, {
    KEEPSAKE_HOME: home,
    PORT: "0",
    LOG_LEVEL: "SILENT",
  });
  const { startSystem } = await import("@keepsake/local/startSystem");
  const [{ local, stop }, browser] = await Promise.all([
    startSystem({ fresh: true }),
    launchBrowser(),
  ]);
  try {
    await mkdir(target, { recursive: true });
    const seeded = await seed(
      createClient({ baseUrl: local.api, serviceKey: local.service_key, owner: name }),
    );
    for (const look of Object.keys(looks) as Look[])
      await take(browser, look, local.studio, seeded);
  } finally {
    await browser.close();
    await stop();
    await rm(home, { recursive: true, force: true });
  }
}

type Seeded = { world_id: string; world_page: string; dataset_id: string };

/** Creates three worlds, the last one with a public page, six images, and a dataset of them with an export. */
async function seed(client: Client): Promise<Seeded> {
  const worlds = [
    {
      theme: "Cyberpunk",
      title: "Rain on Level Nine",
      story: "A shop sells yesterdays by the hour, and today one of them was stolen.",
      count: 4,
    },
    {
      theme: "Fantasy",
      title: "The Lantern Court",
      story:
        "Nine lanterns keep the forest from closing its eyes. Last winter one of them went out, and the forest will not say who blew.",
      count: 3,
    },
    {
      theme: "Norse",
      title: "Ashfall",
      story:
        "The mountain has been snowing ash for a hundred days.\nThose who stayed have stopped asking when it ends, and begun to ask what it is hiding.",
      count: 4,
    },
  ];
  let world_id = "";
  for (const { count, ...world } of worlds) {
    const { characters } = await client.generateCharacters({ theme: world.theme, count, seed: 7 });
    ({ world_id } = (await client.createWorld({ ...world, pieces: characters })).world);
    await client.waitForPortraits(world_id);
  }
  const { page } = await client.publishWorldPage({ world_id });
  const places = ["harbour", "first-light", "the-pass", "meadow", "north", "dunes"];
  const images: string[] = [];
  for (const [index, place] of places.entries()) {
    const file = fileOf(await landscape(index), `${place}.jpg`, "image/jpeg");
    images.push((await client.upload(file)).image_id);
  }
  const { dataset } = await client.createDataset({ name: "Low sun", trigger_word: "lwsn" });
  const { dataset_id } = dataset;
  const items = images.map((image_id, index) => ({ image_id, caption: captions[index] ?? null }));
  await client.putDatasetItems({ dataset_id, items });
  await client.createExport({ dataset_id, layout: "kohya", repeats: 8, class: "landscape" });
  return { world_id, world_page: page.url, dataset_id };
}

/** The last image has none. */
const captions = [
  "lwsn, a harbour before sunrise, dark blue sky, orange glow behind the hills",
  "lwsn, first light over green hills, clear sky, no clouds",
  "lwsn, a mountain pass at dusk, purple sky, the sun low between two ridges",
  "lwsn, a wide meadow in the morning, pale sky, soft light",
  "lwsn, northern light at night, teal hills, the moon in front of them",
];

async function take(
  browser: Browser,
  look: Look,
  studio: string,
  { world_id, world_page, dataset_id }: Seeded,
) {
  const context = await browser.newContext({
    ...looks[look],
    baseURL: studio,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const shoot = async (pageName: string, { fullPage = look !== "narrow" } = {}) => {
    await waitForPictures(page);
    const png = await page.screenshot({ fullPage });
    await sharp(png)
      .webp({ quality: 82 })
      .toFile(join(target, `${pageName}-${look}.webp`));
  };
  const go = async (path: string, title: string) => {
    await page.goto(path);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
  };

  await go("/", "Pictures that stay");
  await shoot("sign-in");
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();

  await page.getByRole("button", { name: "Norse" }).click();
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByText("3 characters ready").waitFor();
  const keeps = await page.getByRole("button", { name: "Keep", exact: true }).all();
  for (const keep of keeps.slice(1).reverse()) await keep.click();
  await page.getByLabel("Title").fill("Ashfall");
  await page.getByLabel("Story").fill("The mountain has been snowing ash for a hundred days.");
  await shoot("create");

  await go("/worlds", "Worlds");
  await page.locator("main img").nth(3).waitFor();
  await shoot("worlds");
  await go(`/worlds/${world_id}`, "Ashfall");
  await shoot("world");
  await go(world_page, "Ashfall");
  await shoot("world-page");

  await go("/telegram", "Telegram");
  await page.getByRole("button", { name: "Get my link" }).click();
  await page.getByRole("button", { name: "Open the link" }).click();
  await page.getByRole("log").getByRole("button").first().click();
  await page.getByLabel("Send a photo").setInputFiles({
    name: "photo.jpg",
    mimeType: "image/jpeg",
    buffer: await landscape(11 + Object.keys(looks).indexOf(look)),
  });
  await page.getByRole("log").getByRole("link").waitFor();
  await page.getByRole("heading", { name: "In your gallery" }).waitFor();
  await shoot("telegram");

  await go("/images", "Images");
  const tiles = page.getByRole("region", { name: "Gallery" }).getByRole("link");
  await tiles.first().waitFor();
  await shoot("images");
  await tiles.nth(2).click();
  await page.getByRole("dialog").waitFor();
  await shoot("image", { fullPage: false });

  await go("/datasets", "Datasets");
  await page.getByRole("link", { name: "Low sun" }).waitFor();
  await shoot("datasets");
  await go(`/datasets/${dataset_id}`, "Low sun");
  await page.getByRole("gridcell").first().waitFor();
  await shoot("dataset");
  await go(`/datasets/${dataset_id}/export`, "Low sun");
  await page.getByText("Ready", { exact: true }).waitFor();
  await shoot("export");

  await go("/you", "You");
  await shoot("you");
  await context.close();
}

/** Waits until every picture and Studio's fonts have loaded, and scrolls to the top. */
async function waitForPictures(page: Page) {
  await page.evaluate(async () => {
    const pictures = () => [...document.images].map((image) => image.decode().catch(() => {}));
    const skeletons = () => document.querySelectorAll("[data-testid=skeleton]").length;
    const isStudio = document.getElementById("settings") !== null;
    const lacksFonts = () =>
      isStudio &&
      ["Inter Variable", "Fraunces Variable"].some(
        (name) =>
          ![...document.fonts].some(
            ({ family, status }) => family.includes(name) && status === "loaded",
          ),
      );
    for (let tries = 0; tries < 50 && (skeletons() > 0 || lacksFonts()); tries += 1)
      await new Promise((resume) => setTimeout(resume, 100));
    await Promise.all([document.fonts.ready, ...pictures()]);
    scrollTo(0, 0);
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  });
  await page.mouse.move(0, 0);
}

await main();
