import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import * as erasures from "../erasures/erasures.ts";
import type { Services } from "../ports.ts";
import { imageObjects } from "./imageObjects.ts";
import * as rows from "./images.sql.ts";

type Owned = { owner_id: string };

export async function get(
  { sql }: Pick<Services, "sql">,
  { owner_id, image_id }: Input<"getImage"> & Owned,
): Promise<Output<"getImage">> {
  const image = await rows.find(sql, owner_id, image_id);
  if (!image) throw notFound();
  return { image };
}

export async function list(
  { sql }: Pick<Services, "sql">,
  { owner_id, limit, cursor }: Input<"listImages"> & Owned,
): Promise<Output<"listImages">> {
  const images = await rows.page(sql, owner_id, { limit: limit + 1, cursor });
  const hasMore = images.length > limit;
  const next_cursor = hasMore ? images[limit - 1]!.image_id : null;
  return { images: images.slice(0, limit), next_cursor };
}

/**
 * Deletes an image in any state. Readers no longer see it; the sweep removes its objects. `image.in_use`
 * while a pending portrait is to be made of it.
 */
export async function remove(
  { sql }: Pick<Services, "sql">,
  { owner_id, image_id }: Input<"deleteImage"> & Owned,
): Promise<Output<"deleteImage">> {
  return sql.begin(async (tx) => {
    const deleted = await rows.lockToDelete(tx, owner_id, image_id);
    if (!deleted.some((image) => image.image_id === image_id)) throw notFound();
    if (await rows.isPortraitSource(tx, image_id))
      throw new AppError(
        "image.in_use",
        "A portrait is being made of this image: delete it when that is published",
      );
    await rows.remove(
      tx,
      deleted.map((image) => image.image_id),
    );
    return { erasure: await erasures.start(tx, owner_id, deleted.flatMap(imageObjects)) };
  });
}

const notFound = () =>
  new AppError("image.not_found", "There is no such image among yours: check the id");
