import { limits } from "@keepsake/contract/limits";
import type { ApiMethods, PlacedItem, PutDatasetItemsRequest } from "./apiTypes.ts";
import type { CallOptions } from "./callOptions.ts";

/**
 * Puts any number of items into a set, in requests of the allowed size, one after the other. With `after`, each batch
 * follows the last item of the one before it. The same call again finishes what a failed one began. Without items it
 * gets the set.
 */
export async function putItemsInBatches(
  { putDatasetItems, getDataset }: Pick<ApiMethods, "putDatasetItems" | "getDataset">,
  { items, after, ...request }: PutDatasetItemsRequest,
  options: CallOptions = {},
): Promise<Awaited<ReturnType<ApiMethods["putDatasetItems"]>>> {
  if (items.length === 0) return { ...(await getDataset(request, options)), items: [] };
  const size = limits.dataset_items_per_request;
  const put: PlacedItem[] = [];
  let place = after;
  for (let first = 0; ; first += size) {
    const batch = items.slice(first, first + size);
    const input = { ...request, items: batch, ...(place !== undefined && { after: place }) };
    const answer = await putDatasetItems(input, options);
    put.push(...answer.items);
    if (first + size >= items.length) return { ...answer, items: put };
    if (place !== undefined) place = batch.at(-1)!.image_id;
  }
}
