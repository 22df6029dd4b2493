import { createHash } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { isStorable } from "@keepsake/contract/storableText";
import * as images from "@keepsake/core/images/images";
import * as imageRows from "@keepsake/core/images/images.sql";
import { type PreparedImage, prepareImage, storeImage } from "@keepsake/core/images/publishImage";
import { removePicture } from "@keepsake/core/images/storePicture";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import { newId } from "@keepsake/core/newId";
import type { Decoder, PublicBucket } from "@keepsake/core/ports";
import type { Sql } from "postgres";
import type { ProductRow } from "./backfill.sql.ts";
import { DeletedError, NoOwnerError, type Target } from "./backfillTarget.ts";
import * as rows from "./imageTarget.sql.ts";
import { isTooLarge, shrinkImage } from "./shrinkImage.ts";

type ImageServices = {
  /** Keepsake's database. */
  keepsake: Sql;
  images: PublicBucket;
  decoder: Decoder;
};

export type ImageOptions = {
  /** The owner of rows that name none. */
  owner: string | undefined;
  /** Of the table, in which keys are unique. */
  namespace: string;
  /** The column, or the path in it, that is moved. */
  field: string;
  shrink: boolean;
  /** Whether the stage's receiver gets an event of every image. */
  events: boolean;
};

/**
 * Publishes pictures as images of their owners, each with a row of its own. The row is written before the
 * object, and is found again by what it was made of: table, key, column and value. So a run that was killed
 * leaves no object without a row, and the next run finishes that row.
 */
export function imageTarget(services: ImageServices, options: ImageOptions): Target {
  const { keepsake, decoder, images: bucket } = services;
  const removeImage = (image: { owner_id: string; image_id: string }) =>
    images.remove({ sql: keepsake }, image, { hasReceipt: options.events }).catch((error) => {
      if (!(error instanceof AppError)) throw error; // deleted already, or in use by now
    });
  return {
    async findPublished(products) {
      const references = products.flatMap((row) => {
        const owner_id = ownerOf(row, options);
        return owner_id ? [{ id: row.id, ...referenceOf(row, owner_id, options) }] : [];
      });
      const found = references.length > 0 ? await rows.findPublished(keepsake, references) : [];
      return new Map(
        found.map(({ id, owner_id, image_id, url, bytes }) => [
          id,
          { url, bytes, remove: () => removeImage({ owner_id, image_id }) },
        ]),
      );
    },

    check: (row) => void requireOwner(row, options),

    async prepare(row, original) {
      const owner_id = requireOwner(row, options);
      const { image, isSmaller } = await toImage(decoder, original, options);
      return {
        bytes: image.bytes.length,
        notes: isSmaller ? ["made smaller"] : [],
        async store() {
          const reserved = await rows.reserve(keepsake, {
            ...referenceOf(row, owner_id, options),
            image_id: newId(),
            source: { table: options.namespace, key: row.key, field: options.field },
          });
          const { image_id } = reserved;
          const remove = () => removeImage({ owner_id, image_id });
          if (reserved.url !== null) return { url: reserved.url, remove };
          const published = await storeImage({ bucket, decoder }, image_id, image);
          if (!(await markPublished(keepsake, image_id, published, options))) {
            // another run published it, which stored the very same object, or its owner deleted it
            if (!(await imageRows.exists(keepsake, image_id))) {
              await removePicture(bucket, published.key);
              throw new DeletedError("The image was deleted while the backfill ran");
            }
          }
          return { url: bucket.url(published.key), remove };
        },
      };
    },
  };
}

/** A trigger writes the event in the same transaction. */
async function markPublished(
  sql: Sql,
  image_id: string,
  image: imageRows.PublishedImage,
  { events }: Pick<ImageOptions, "events">,
): Promise<boolean> {
  if (events) return (await imageRows.markPublished(sql, image_id, image)) !== undefined;
  return sql.begin(async (tx) => {
    const published = await imageRows.markPublished(tx, image_id, image);
    await rows.removeEvent(tx, image_id);
    return published !== undefined;
  });
}

async function toImage(
  decoder: Decoder,
  original: Buffer,
  { shrink }: Pick<ImageOptions, "shrink">,
): Promise<{ image: PreparedImage; isSmaller: boolean }> {
  try {
    return { image: await prepareImage(decoder, original, imageLimits), isSmaller: false };
  } catch (error) {
    if (!shrink || !isTooLarge(error)) throw error;
    const smaller = await shrinkImage(decoder, original, imageLimits);
    return { image: await prepareImage(decoder, smaller, imageLimits), isSmaller: true };
  }
}

/** As the API names the owner that a service key acts for; undefined when it cannot be one. */
function ownerOf(row: ProductRow, { owner }: Pick<ImageOptions, "owner">): string | undefined {
  const name = row.owner || owner;
  if (!name || [...name].length > limits.subject_chars || !isStorable(name)) return undefined;
  return `user:${name}`;
}

function requireOwner(row: ProductRow, options: ImageOptions): string {
  const owner_id = ownerOf(row, options);
  if (owner_id) return owner_id;
  throw new NoOwnerError(
    "The row names no owner of 1 to 255 characters: name one for such rows with --owner",
  );
}

/** What identifies the image of a row's value: the same in every run. */
function referenceOf(
  { key, kind, source_md5, target_md5 }: ProductRow,
  owner_id: string,
  { namespace, field }: ImageOptions,
) {
  const content = JSON.stringify([namespace, key, field, source_md5, target_md5]);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const platform = kind === "base64" ? ("base64" as const) : ("url" as const);
  return { owner_id, platform, platform_ref: `backfill:${sha256}` };
}
