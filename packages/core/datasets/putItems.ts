import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { TransactionSql } from "postgres";
import { lockPublished } from "../images/images.sql.ts";
import * as rows from "./datasetItems.sql.ts";
import { datasetNotFound } from "./datasetNotFound.ts";
import * as datasets from "./datasets.sql.ts";
import { findDataset, type Reader } from "./presentDatasets.ts";

type Sent = Input<"putDatasetItems">;

/**
 * Adds images to a dataset, and changes or moves those that are in it. Throws `image.not_published` for an image that
 * is no published one of the owner's, `item.not_found` when the image to put them behind is not in the dataset, and
 * `dataset.full` when it would have more than 1,000.
 */
export async function putItems(
  services: Reader,
  { owner_id, dataset_id, ...sent }: Sent & { owner_id: string },
): Promise<Output<"putDatasetItems">> {
  const { items, after } = withLowerCaseIds(sent);
  const image_ids = items.map(({ image_id }) => image_id);
  await services.sql.begin(async (tx) => {
    // the dataset before the images, and the images before the items: image deletion takes them in this order too
    if (!(await datasets.lockToChange(tx, owner_id, dataset_id))) throw datasetNotFound();
    refuseRepeated(image_ids, after);
    await requirePublished(tx, owner_id, items);
    const before = await lockOwnItems(tx, owner_id, dataset_id);
    const positions = newPositions(before, image_ids, after);
    if (positions.size > limits.dataset_items) throw full(before.length);

    const isBefore = new Set(before.map(({ image_id }) => image_id));
    const sentById = new Map(items.map((item) => [item.image_id, item]));
    const changed = before
      .map(({ image_id, position }) => {
        const item = { image_id, ...sentById.get(image_id), position: positions.get(image_id)! };
        return { item, isChanged: sentById.has(image_id) || item.position !== position };
      })
      .flatMap(({ item, isChanged }) => (isChanged ? [item] : []));
    const added = items
      .filter(({ image_id }) => !isBefore.has(image_id))
      .map((item) => ({ ...item, position: positions.get(item.image_id)! }));
    if (changed.length > 0) await rows.update(tx, dataset_id, changed);
    if (added.length > 0) await rows.insert(tx, dataset_id, added);
  });
  const [dataset, placed] = await Promise.all([
    findDataset(services, owner_id, dataset_id),
    rows.findPlaces(services.sql, owner_id, dataset_id, image_ids),
  ]);
  if (!dataset) throw datasetNotFound(); // deleted meanwhile
  return { dataset, items: placed };
}

/** Ids as Postgres has them, and no empty captions. */
function withLowerCaseIds({ items, after }: Pick<Sent, "items" | "after">) {
  return {
    after: after?.toLowerCase() ?? after,
    items: items.map(({ image_id, caption, control_image_id }) => ({
      image_id: image_id.toLowerCase(),
      caption: caption === "" ? null : caption,
      control_image_id: control_image_id?.toLowerCase() ?? control_image_id,
    })),
  };
}

function refuseRepeated(image_ids: string[], after: string | null | undefined) {
  const index = image_ids.findIndex((id, at) => image_ids.indexOf(id) < at);
  const path = index === -1 ? "after" : `items[${index}].image_id`;
  if (index === -1 && !(after && image_ids.includes(after))) return;
  const message = "Name each image once in a request";
  throw new AppError("input.invalid", `${path}: ${message}`, {
    details: { issues: [{ path, message }] },
  });
}

/** Locks the images that a request names, so that they exist until its items name them. */
async function requirePublished(tx: TransactionSql, owner_id: string, items: Sent["items"]) {
  const named = items.flatMap(({ image_id, control_image_id }) => [
    image_id,
    ...(control_image_id ? [control_image_id] : []),
  ]);
  const image_ids = [...new Set(named)];
  const published = await lockPublished(tx, owner_id, image_ids);
  const missing = image_ids.filter((image_id) => !published.has(image_id));
  if (missing.length > 0)
    throw new AppError(
      "image.not_published",
      `You have no published image with the id ${missing[0]}: check the ids in details, and complete their uploads first`,
      { details: { image_ids: missing } },
    );
}

/** Locks the items. Those whose image is not the owner's any more, since its Telegram account was unlinked, or not published any more, go. */
async function lockOwnItems(tx: TransactionSql, owner_id: string, dataset_id: string) {
  const items = await rows.lock(tx, owner_id, dataset_id);
  const others = items.filter(({ is_own }) => !is_own).map(({ image_id }) => image_id);
  if (others.length > 0) await rows.remove(tx, dataset_id, others);
  return items
    .filter(({ is_own }) => is_own)
    .toSorted((first, second) => first.position - second.position);
}

/** The position of each image from 1: those of the request behind `after`, or new ones at the end. */
function newPositions(
  before: rows.LockedItem[],
  sent: string[],
  after: string | null | undefined,
): Map<string, number> {
  const ids = before.map(({ image_id }) => image_id);
  let order = [...new Set([...ids, ...sent])];
  if (after !== undefined) {
    const moved = new Set(sent);
    const others = ids.filter((image_id) => !moved.has(image_id));
    const place = after === null ? 0 : others.indexOf(after) + 1;
    if (after !== null && place === 0)
      throw new AppError(
        "item.not_found",
        "The image that `after` names is not in this dataset: list its items again",
      );
    order = [...others.slice(0, place), ...sent, ...others.slice(place)];
  }
  return new Map(order.map((image_id, index) => [image_id, index + 1]));
}

const full = (count: number) =>
  new AppError(
    "dataset.full",
    `A dataset holds ${limits.dataset_items} images, and this one has ${count}: put fewer into it`,
  );
