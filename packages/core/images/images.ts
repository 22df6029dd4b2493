import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import * as erasures from "../erasures/erasures.ts";
import { idInCursor, type List, pageOf } from "../pageOfRows.ts";
import type { Services } from "../ports.ts";
import { endExportsOf } from "./endExports.ts";
import { displayName } from "./filename.ts";
import { imageNotFound } from "./imageErrors.ts";
import { imageObjectsToErase } from "./imageObjectsToErase.ts";
import * as imagePages from "./imagePages.sql.ts";
import * as rows from "./images.sql.ts";
import { isUnsettled, shownVersion, versionObjects } from "./portraitObjectsToErase.ts";
import { presentImage } from "./presentImage.ts";
import { cleanTag, cleanTags } from "./tags.ts";

type Owned = { owner_id: string };
type Reader = Pick<Services, "sql" | "privateUrls">;

export async function get(
  services: Reader,
  { owner_id, image_id }: Input<"getImage"> & Owned,
): Promise<Output<"getImage">> {
  const image = await rows.find(services.sql, owner_id, image_id);
  if (!image) throw imageNotFound();
  return { image: await presentImage(services, image) };
}

export async function list(
  services: Reader,
  { owner_id, limit, cursor, platform, visibility, q, order, ...sent }: Input<"listImages"> & Owned,
): Promise<Output<"listImages">> {
  const tag = sent.tag && cleanTag(sent.tag);
  const [before, after] = [timeOf(sent.before), timeOf(sent.after)];
  const filter = { platform, visibility, tag, q, before, after };
  const list = imageList(owner_id, filter, order);
  const images = await imagePages.page(services.sql, owner_id, {
    ...filter,
    order,
    limit: limit + 1,
    cursor: cursor && idInCursor(cursor, list),
  });
  const { page, next_cursor } = pageOf(images, limit, list, ({ image_id }) => image_id);
  return { images: await Promise.all(page.map((row) => presentImage(services, row))), next_cursor };
}

/**
 * The list that a cursor of images belongs to.
 * @public
 */
export const imageList = (
  owner_id: string,
  { platform, visibility, tag, q, before, after }: imagePages.Filter = {},
  order: imagePages.Order = "newest",
): List => ({
  ...{ name: "images", owner_id },
  // without these two as in the release before, whose cursors stay valid
  filters: [
    ...[platform, tag, q, before, after],
    ...(visibility || order !== "newest" ? [visibility, order] : []),
  ],
});

/** Postgres knows no year 0, and no image is older than 1970. */
const timeOf = (text: string | undefined) =>
  text === undefined ? undefined : new Date(Math.max(0, Date.parse(text)));

/** Changes what is said about an image. Fields that are undefined stay; null and empty text clear. */
export async function update(
  services: Reader,
  { owner_id, image_id, alt, caption, tags, filename }: Input<"updateImage"> & Owned,
): Promise<Output<"updateImage">> {
  const image = await rows.update(services.sql, owner_id, image_id, {
    alt: alt === "" ? null : alt,
    caption: caption === "" ? null : caption,
    tags: tags === undefined ? undefined : cleanTags(tags ?? []),
    filename: filename === undefined ? undefined : displayName(filename ?? ""),
  });
  if (!image) throw imageNotFound();
  return { image: await presentImage(services, image) };
}

/**
 * Deletes an image in any state. Readers no longer see it; the sweep removes its objects. `image.in_use`
 * while a portrait is made of it, it is the picture of a world or it is in a dataset, with the caller's worlds and
 * datasets in `details`; with `force`, those portraits are deleted too, those worlds have no picture any more, and
 * those datasets lose the image. A repeated request gets the same erasure. One that no caller has the receipt of has no event.
 */
export async function remove(
  { sql }: Pick<Services, "sql">,
  { owner_id, image_id, force = false }: Input<"deleteImage"> & Owned,
  { hasReceipt = true } = {},
): Promise<Output<"deleteImage">> {
  return sql.begin(async (tx) => {
    // worlds before pieces, and pieces before images, as when they are changed: otherwise both could wait for
    // each other
    const locking = { owner_id, image_id, lock: true };
    const lockedWorlds = force ? await rows.findPicturedWorlds(tx, locking) : [];
    const lockedPortraits = force ? await rows.findPortraits(tx, locking) : [];
    const deleted = await rows.lockToDelete(tx, owner_id, image_id);
    if (!deleted.some((image) => image.image_id === image_id)) {
      const erasure = await erasures.repeated(tx, owner_id, `image:${image_id}`);
      if (!erasure) throw imageNotFound();
      return { erasure };
    }
    const locked = new Set([
      ...lockedWorlds.map(({ world_id }) => world_id),
      ...lockedPortraits.map(({ piece_id }) => piece_id),
    ]);
    // no other portrait can be made of the image from here on, and no world can get it as its picture
    const finding = { owner_id, image_id, lock: false };
    const portraits = await rows.findPortraits(tx, finding);
    const own = portraits.filter(({ is_own }) => is_own);
    const pictured = await rows.findPicturedWorlds(tx, finding);
    const datasets = await rows.lockDatasetItems(
      tx,
      owner_id,
      deleted.map((image) => image.image_id),
    );
    if (own.length + pictured.length + datasets.length > 0 && !force)
      throw inUse(own, pictured, datasets);
    if (portraits.some((other) => !other.is_own && other.is_pending))
      throw new AppError(
        "image.in_use",
        "A portrait is being made of this image: delete the image after the portrait is published",
      );
    if (!own.every(({ piece_id }) => locked.has(piece_id)))
      throw new AppError("image.in_use", "A portrait was just requested of this image: try again");
    if (!pictured.every(({ world_id }) => locked.has(world_id)))
      throw new AppError("image.in_use", "A world just got this image as its picture: try again");
    const replaced = await rows.findReplaced(tx, owner_id, {
      image_id,
      piece_ids: own.map(({ piece_id }) => piece_id),
    });
    if (own.length > 0) await rows.removePortraits(tx, own);
    // the worlds lose their picture and the datasets the image by their foreign keys
    await rows.remove(
      tx,
      deleted.map((image) => image.image_id),
    );
    const zips = await endExportsOf(
      tx,
      deleted.map((image) => image.image_id),
    );
    const objects = [
      ...deleted.flatMap(imageObjectsToErase),
      ...portraitsToErase(own, replaced),
      ...zips,
    ];
    const subject = hasReceipt ? (`image:${image_id}` as const) : null;
    return { erasure: await erasures.start(tx, owner_id, objects, subject) };
  });
}

type PicturedWorld = { world_id: string; title: string | null };

/** At most 100 worlds and 100 datasets are listed. */
function inUse(
  portraits: rows.PortraitOfImage[],
  pictured: PicturedWorld[],
  datasets: rows.DatasetOfImage[],
) {
  const worlds = new Map<string, PicturedWorld & { piece_ids: string[]; is_picture: boolean }>();
  const worldOf = ({ world_id, title }: PicturedWorld) => {
    const world = worlds.get(world_id) ?? { world_id, title, piece_ids: [], is_picture: false };
    worlds.set(world_id, world);
    return world;
  };
  for (const world of pictured) worldOf(world).is_picture = true;
  for (const portrait of portraits) worldOf(portrait).piece_ids.push(portrait.piece_id);
  return new AppError(
    "image.in_use",
    "Your worlds use this image, as their picture or for portraits, or it is in your datasets: change those first, or send force=true, which deletes those portraits too, takes the image out of those datasets and leaves those worlds without a picture",
    {
      details: {
        worlds: [...worlds.values()].slice(0, limits.page_size),
        datasets: datasets.slice(0, limits.page_size),
      },
    },
  );
}

type Replaced = { world_id: string; piece_id: string; version: number; is_made_of: boolean };

/** The objects of the versions that go with an image: not those that are made of something else. */
function portraitsToErase(
  portraits: rows.PortraitOfImage[],
  replaced: Replaced[],
): erasures.ObjectToErase[] {
  const removed = portraits.flatMap((portrait) => {
    const shown = shownVersion(portrait.shown_url);
    return versionObjects(portrait, (version) => {
      if (replaced.some((other) => isVersion(other, portrait, version))) return false;
      if (!isUnsettled({ ...portrait, shown }, version)) return portrait.is_shown;
      return version < portrait.version || portrait.is_pending;
    });
  });
  const madeOf = replaced.filter(({ is_made_of }) => is_made_of);
  const erased = madeOf.flatMap((other) =>
    versionObjects(other, (version) => version === other.version),
  );
  return [...removed, ...erased];
}

const isVersion = (replaced: Replaced, { piece_id }: { piece_id: string }, version: number) =>
  replaced.piece_id === piece_id && replaced.version === version;
