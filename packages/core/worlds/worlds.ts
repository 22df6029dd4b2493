import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { Sql, TransactionSql } from "postgres";
import * as erasures from "../erasures/erasures.ts";
import { endExportsOfEverything } from "../images/endExports.ts";
import { portraitObjectsToErase } from "../images/portraitObjectsToErase.ts";
import { newId } from "../newId.ts";
import { requireRoom } from "../owners/storageQuota.ts";
import { idInCursor, pageOf } from "../pageOfRows.ts";
import { queuePortraits } from "../portraits/queuePortraits.ts";
import type { Services } from "../ports.ts";
import { claimIdempotencyKey, type Idempotency } from "../requests/claimIdempotencyKey.ts";
import { pendingPortraits, pieceRows, requirePublishedImages, toPiece } from "./pieceRows.ts";
import { type PageUrl, pictureWithUrls, presentWorld } from "./presentWorld.ts";
import { worldNotFound } from "./worldNotFound.ts";
import { readable, requireReadable } from "./worldSize.ts";
import * as rows from "./worlds.sql.ts";

type Owned = { owner_id: string };
type Repeatable = { idempotency?: Idempotency | undefined };

/**
 * Saves a world with its pieces now; the portraits follow through the queue. `owner.full` when there are
 * portraits and the owner has stored all that it may.
 */
export async function create(
  services: Pick<Services, "sql" | "portraitQueue" | "ownerBytes"> & PageUrl,
  { owner_id, idempotency, pieces: drafts, ...input }: Input<"createWorld"> & Owned & Repeatable,
): Promise<Output<"createWorld">> {
  const { sql } = services;
  const world_id = newId();
  const { theme, title = null, story = null, image_id = null } = input;
  const about = { world_id, theme, title, story };
  const pieces = pieceRows(world_id, drafts);
  const piece_ids = pieces.map(({ piece_id }) => piece_id);

  const saved = await sql.begin(async (tx) => {
    const request = { owner_id, route: "createWorld" as const, made: { world_id, piece_ids } };
    const first = idempotency && (await claimIdempotencyKey(tx, { ...request, idempotency }));
    if (first) return { repeated: first.world_id };
    if (pendingPortraits(pieces).length > 0) await requireRoom(tx, services, owner_id);
    await requirePublishedImages(tx, owner_id, drafts, image_id);
    const inserted = await rows.insertWorld(tx, { ...about, owner_id, image_id });
    await rows.insertPieces(tx, pieces);
    if (image_id === null) return { world: { ...inserted, image: null, page: null } };
    return { world: presentWorld(services, (await rows.find(tx, owner_id, world_id))!) };
  });
  if (saved.repeated) return get(services, { owner_id, world_id: saved.repeated });

  await queuePortraits(services, pendingPortraits(pieces));
  return { world: { ...saved.world!, pieces: pieces.map(toPiece) } };
}

/**
 * Adds pieces to a world; `world.full` when that would be more pieces or more text than a world may have, and
 * `owner.full` as `create`.
 */
export async function addPieces(
  services: Pick<Services, "sql" | "portraitQueue" | "ownerBytes">,
  { owner_id, idempotency, world_id, pieces: drafts }: Input<"addPieces"> & Owned & Repeatable,
): Promise<Output<"addPieces">> {
  const { sql } = services;
  const pieces = pieceRows(world_id, drafts);
  const piece_ids = pieces.map(({ piece_id }) => piece_id);

  const repeated = await sql.begin(async (tx) => {
    const request = { owner_id, route: "addPieces" as const, made: { world_id, piece_ids } };
    const first = idempotency && (await claimIdempotencyKey(tx, { ...request, idempotency }));
    if (first) return first.piece_ids;
    const count = await rows.lockAndCount(tx, owner_id, world_id);
    if (count === undefined) throw worldNotFound();
    if (count + pieces.length > limits.pieces_per_world)
      throw new AppError(
        "world.full",
        `A world holds ${limits.pieces_per_world} pieces, and this one has ${count}: send fewer`,
      );
    if (pendingPortraits(pieces).length > 0) await requireRoom(tx, services, owner_id);
    await requirePublishedImages(tx, owner_id, drafts);
    await rows.insertPieces(tx, pieces);
    await requireReadable(tx, world_id);
    return undefined;
  });
  if (repeated) {
    if (!(await rows.find(sql, owner_id, world_id))) throw worldNotFound();
    return { pieces: await rows.pieces(sql, world_id, repeated) };
  }

  await queuePortraits(services, pendingPortraits(pieces));
  return { pieces: pieces.map(toPiece) };
}

/** A world with its pieces; `world.full` when earlier releases let it grow larger than one response. */
export function get(
  services: Pick<Services, "sql"> & PageUrl,
  ids: Input<"getWorld"> & Owned,
): Promise<Output<"getWorld">> {
  return read(services.sql, services, ids);
}

async function read(
  sql: Sql | TransactionSql,
  services: PageUrl,
  { owner_id, world_id }: Input<"getWorld"> & Owned,
): Promise<Output<"getWorld">> {
  const world = await rows.find(sql, owner_id, world_id);
  if (!world) throw worldNotFound();
  const pieces = await rows.pieces(sql, world_id);
  return { world: readable({ ...presentWorld(services, world), pieces }) };
}

/**
 * Changes a world. Fields that are undefined stay; null clears. Its picture is one of the owner's published public
 * images. One that cannot be answered is not changed: `world.full`.
 */
export async function update(
  services: Pick<Services, "sql"> & PageUrl,
  { owner_id, world_id, theme, title, story, image_id }: Input<"updateWorld"> & Owned,
): Promise<Output<"updateWorld">> {
  return services.sql.begin(async (tx) => {
    // the world before the image, as when an image is deleted
    if (!(await rows.lock(tx, owner_id, world_id))) throw worldNotFound();
    await requirePublishedImages(tx, owner_id, [], image_id);
    await rows.update(tx, owner_id, world_id, { theme, title, story, image_id });
    return read(tx, services, { owner_id, world_id });
  });
}

export async function list(
  { sql }: Pick<Services, "sql">,
  { owner_id, limit, cursor }: Input<"listWorlds"> & Owned,
): Promise<Output<"listWorlds">> {
  const list = { name: "worlds", owner_id };
  const after = cursor && idInCursor(cursor, list);
  const worlds = await rows.page(sql, owner_id, { limit: limit + 1, cursor: after });
  const { page, next_cursor } = pageOf(worlds, limit, list, ({ world_id }) => world_id);
  const present = ({ image, ...world }: (typeof page)[number]) => {
    return { ...world, image: image && pictureWithUrls(image) };
  };
  return { worlds: page.map(present), next_cursor };
}

/**
 * Deletes a world. Readers no longer see it; the sweep removes its portraits' objects. A repeated request
 * gets the same erasure.
 */
export async function remove(
  { sql }: Pick<Services, "sql">,
  { owner_id, world_id }: Input<"deleteWorld"> & Owned,
): Promise<Output<"deleteWorld">> {
  return sql.begin(async (tx) => {
    const portraits = await rows.remove(tx, owner_id, world_id);
    if (!portraits) {
      const erasure = await erasures.repeated(tx, owner_id, `world:${world_id}`);
      if (!erasure) throw worldNotFound();
      return { erasure };
    }
    const objects = portraits.flatMap((portrait) =>
      portraitObjectsToErase({ world_id, ...portrait }),
    );
    const zips = await endExportsOfEverything(tx, owner_id);
    return {
      erasure: await erasures.start(tx, owner_id, [...objects, ...zips], `world:${world_id}`),
    };
  });
}
