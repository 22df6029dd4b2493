import { randomBytes } from "node:crypto";
import type { Page, Route } from "playwright-core";
import { v7 as uuidv7 } from "uuid";
import { errorResponse } from "./errorResponse.ts";
import { png } from "./images.ts";
import type { Owner, TestStack } from "./stack.ts";
import { test as studioTest } from "./studio.ts";
import { fileOf } from "./uploadRequests.ts";

/** Inserts images `001.png`, `002.png` … with one picture: uploading many would take long. Resolves to their ids. */
export async function insertPictures(
  { sql }: TestStack,
  { client, sub }: Owner,
  count: number,
): Promise<string[]> {
  const { image_id: _, ...picture } = await client.upload(fileOf(await png(600, "#ccddee")));
  const { bytes, width, height, url, content_type, thumbhash, visibility } = picture;
  const rows = Array.from({ length: count }, (_, index) => ({
    ...{ bytes, width, height, url, content_type, thumbhash, visibility },
    image_id: uuidv7(),
    owner_id: `user:${sub}`,
    platform: "web",
    source: sql.json({}),
    status: "published",
    key: new URL(url!).pathname.slice(1),
    sha256: randomBytes(32).toString("hex"),
    filename: `${String(index + 1).padStart(3, "0")}.png`,
  }));
  for (let start = 0; start < count; start += 500)
    await sql`insert into images ${sql(rows.slice(start, start + 500))}`;
  return rows.map(({ image_id }) => image_id);
}

/** A dataset of so many new images, in the order of their names. */
export async function datasetOf(stack: TestStack, owner: Owner, count: number) {
  const { client } = owner;
  const image_ids = await insertPictures(stack, owner, count);
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  for (let start = 0; start < count; start += 200)
    await client.putDatasetItems({
      dataset_id,
      items: image_ids.slice(start, start + 200).map((image_id) => ({ image_id })),
    });
  return { dataset_id, image_ids };
}

type OpenDatasetOptions = {
  /** Of its images, in their order. */
  captions?: (string | null)[];
};

/** Studio's `test`. `openDataset` opens the page of a new dataset of so many images. */
export const test = studioTest.extend(
  "openDataset",
  ({ studio, owner, open }) =>
    async (count: number, { captions = [] }: OpenDatasetOptions = {}) => {
      const { dataset_id, image_ids } = await datasetOf(studio.stack, owner, count);
      const items = captions.map((caption, index) => ({ image_id: image_ids[index]!, caption }));
      if (items.length > 0) await owner.client.putDatasetItems({ dataset_id, items });
      return {
        page: await open(`/datasets/${dataset_id}`),
        dataset_id,
        image_ids,
        /** The file names without extension that the API has, in their order. */
        names: async () => (await storedItems(owner, dataset_id)).names,
        /** The captions that the API has. */
        captions: async () => (await storedItems(owner, dataset_id)).captions,
      };
    },
);

/** The items of a dataset as the API has them: file names without extension, and captions. */
export async function storedItems({ client }: Owner, dataset_id: string) {
  const { items } = await client.listDatasetItems({ dataset_id, limit: 100 });
  return {
    names: items.map(({ image }) => image.filename?.replace(".png", "")),
    captions: items.map(({ caption }) => caption),
  };
}

/** The names of the cards on the page, in their order. */
export const shownNames = (page: Page) =>
  page
    .getByRole("row")
    .evaluateAll((rows) =>
      rows
        .toSorted((a, b) => Number(a.ariaRowIndex) - Number(b.ariaRowIndex))
        .map((row) => row.querySelector<HTMLElement>("[title$='.png']")?.title.replace(".png", "")),
    );

/** A card by the name of its image. */
export const card = (page: Page, name: string) =>
  page.getByRole("gridcell", { name: new RegExp(`^\\d+ ${name}\\.png`) });

/** Whether a URL is that of a dataset's items. */
export const isItems = (url: URL) => url.pathname.endsWith("/items");

/** Has `answer` decide on the requests that change items; all others of the items continue. */
export const answerPuts = (page: Page, answer: (route: Route) => unknown) =>
  page.route(isItems, (route) =>
    route.request().method() === "PUT" ? answer(route) : route.continue(),
  );

/** Every change of items fails, until `page.unroute(isItems)`. */
export const failPuts = (page: Page, studio: { origin: string }) =>
  answerPuts(page, (route) => route.fulfill(errorResponse(studio, 500, "server.failed")));

/** Lets requests continue once this promise is fulfilled. */
export const continueAfter = (held: Promise<void>) => async (route: Route) => {
  await held;
  await route.continue();
};
