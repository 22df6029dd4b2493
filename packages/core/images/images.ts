import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import * as erasures from "../erasures/erasures.ts";
import type { Services } from "../ports.ts";
import * as rows from "./images.sql.ts";
import { objectKeys } from "./objectKeys.ts";

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
  const more = images.length > limit;
  return { images: images.slice(0, limit), next_cursor: more ? images[limit - 1]!.image_id : null };
}

/**
 * Deletes an image in whatever state: gone for readers at once, its objects by the sweep. `image.in_use`
 * while a portrait waits to be made of it.
 */
export async function remove(
  { sql }: Pick<Services, "sql">,
  { owner_id, image_id }: Input<"deleteImage"> & Owned,
): Promise<Output<"deleteImage">> {
  return sql.begin(async (tx) => {
    const deleted = await rows.lockToDelete(tx, owner_id, image_id);
    if (!deleted.some((image) => image.image_id === image_id)) throw notFound();
    if (await rows.isWaitedFor(tx, image_id))
      throw new AppError(
        "image.in_use",
        "A portrait is being made of this image: delete it when that is published",
      );
    await rows.remove(
      tx,
      deleted.map((image) => image.image_id),
    );
    return { erasure: await erasures.start(tx, owner_id, deleted.flatMap(objectsOf)) };
  });
}

/** Every object that an image may have, now or when somebody in flight is done with it. */
export function objectsOf(image: rows.DeletedImage): erasures.ObjectToErase[] {
  const keys = image.key ? [image.key] : objectKeys.possibleImages(image.image_id);
  const published = keys.map((key) => ({ bucket: "images" as const, key }));
  if (image.platform !== "web" || image.url_expires_at === null) return published;
  const incoming = {
    bucket: "incoming" as const,
    key: objectKeys.upload(image.image_id),
    // until then the presigned URL could write the key again
    notBefore: image.url_expires_at,
    notFinalBefore: image.expires_at,
  };
  return [...published, incoming];
}

const notFound = () =>
  new AppError("image.not_found", "There is no such image among yours: check the id");
