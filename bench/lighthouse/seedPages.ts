import type { Client } from "@keepsake/client";
import { landscape } from "../../test/screenshots/drawLandscape.ts";
import { fileOf } from "../../test/support/uploadRequests.ts";

const photos = 60;
/** 12 megapixels, as most phones take them. */
const photo = { width: 4_000, height: 3_000 };

/** Creates what the pages show: 60 photos, worlds with portraits, and a dataset. Resolves to the pages to measure. */
export async function seedPages(client: Client): Promise<{ title: string; path: string }[]> {
  const { characters } = await client.generateCharacters({ theme: "Norse", count: 4, seed: 7 });
  const worlds: string[] = [];
  for (let index = 0; index < 6; index += 1) {
    const { world } = await client.createWorld({
      theme: "Norse",
      title: `Ashfall ${index + 1}`,
      story: "The mountain has been snowing ash for a hundred days.",
      pieces: characters,
    });
    worlds.push(world.world_id);
  }
  await Promise.all(worlds.map((world_id) => client.waitForPortraits(world_id)));

  const image_ids: string[] = [];
  for (let index = 0; index < photos; index += 1) {
    const bytes = await landscape(index, photo.width, photo.height);
    const image = await client.upload(fileOf(bytes, `photo ${index + 1}.jpg`, "image/jpeg"));
    image_ids.push(image.image_id);
  }
  const { dataset } = await client.createDataset({ name: "Low sun", trigger_word: "lwsn" });
  await client.putDatasetItems({
    dataset_id: dataset.dataset_id,
    items: image_ids.map((image_id) => ({ image_id })),
  });
  const { page } = await client.publishWorldPage({ world_id: worlds[0]! });

  return [
    { title: "Create", path: "/" },
    { title: "Worlds", path: "/worlds" },
    { title: "A world", path: `/worlds/${worlds[0]}` },

    { title: "A world's public page", path: page.url },
    { title: "Images", path: "/images" },
    { title: "An image", path: `/images/${image_ids.at(-1)}` },
    { title: "Datasets", path: "/datasets" },
    { title: "A dataset", path: `/datasets/${dataset.dataset_id}` },
    { title: "A dataset's exports", path: `/datasets/${dataset.dataset_id}/export` },
    { title: "Telegram", path: "/telegram" },
    { title: "You", path: "/you" },
  ];
}
