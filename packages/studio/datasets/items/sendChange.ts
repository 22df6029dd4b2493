import type { Client } from "@keepsake/client";
import type { Change } from "./applyChange.ts";

const removalsAtOnce = 6;

/** Sends a change of a dataset's items. All of it may be repeated. */
export async function sendChange(client: Client, dataset_id: string, change: Change) {
  switch (change.type) {
    case "move": {
      const items = change.image_ids.map((image_id) => ({ image_id }));
      return client.putDatasetItems({ dataset_id, items, after: change.after });
    }
    case "add": {
      const items = change.items.map(({ image: { image_id }, caption, control_image }) => ({
        image_id,
        ...(caption !== undefined && { caption }),
        ...(control_image !== undefined && { control_image_id: control_image?.image_id ?? null }),
      }));
      const { after } = change;
      return client.putDatasetItems({ dataset_id, items, ...(after !== undefined && { after }) });
    }
    case "control": {
      const { image_id, control_image } = change;
      const control_image_id = control_image?.image_id ?? null;
      return client.putDatasetItems({ dataset_id, items: [{ image_id, control_image_id }] });
    }
    case "remove":
      return removeItems(client, dataset_id, change.image_ids);
  }
}

async function removeItems(client: Client, dataset_id: string, image_ids: string[]) {
  const waiting = image_ids.slice();
  const removeNext = async () => {
    for (let image_id = waiting.pop(); image_id; image_id = waiting.pop())
      await client.deleteDatasetItem({ dataset_id, image_id });
  };
  await Promise.all(Array.from({ length: removalsAtOnce }, removeNext));
}
