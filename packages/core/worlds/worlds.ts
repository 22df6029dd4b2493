import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { v7 as uuidv7 } from "uuid";
import * as erasures from "../erasures/erasures.ts";
import { portraitObjectsToErase } from "../images/portraitObjectsToErase.ts";
import { requireRoom } from "../owners/storageQuota.ts";
import { idInCursor, pageOf } from "../pageOf.ts";
import { queuePortraits } from "../portraits/queuePortraits.ts";
import type { Services } from "../ports.ts";
import { claimKey, type Idempotency } from "../requests/idempotency.ts";
import { pendingPortraits, pieceRows, requirePublishedImages, toPiece } from "./pieceRows.ts";
import { presentWorld } from "./presentWorld.ts";
import * as rows from "./worlds.sql.ts";

type Owned = { owner_id: string };
type Repeatable = { idempotency?: Idempotency | undefined };

/**
 * Saves a world with its pieces now; the portraits follow through the queue. `owner.full` when there are
 * portraits and the owner has stored all that it may.
 */
export async function create(
  services: Pick<Services, "sql" | "portraitQueue" | "ownerBytes">,
  { owner_id, idempotency, pieces: drafts, ...input }: Input<"createWorld"> & Owned & Repeatable,
): Promise<Output<"createWorld">> {
  const { sql } = services;
  const world_id = uuidv7();
  const { theme, title = null, story = null, image_id = null } = input;
  const about = { world_id, theme, title, story };
  const pieces = pieceRows(world_id, drafts);
  const piece_ids = pieces.map(({ piece_id }) => piece_id);

  const saved = await sql.begin(async (tx) => {
    const request = { owner_id, route: "createWorld" as const, made: { world_id, piece_ids } };
    const first = idempotency && (await claimKey(tx, { ...request, idempotency }));
    if (first) return { repeated: first.world_id };
    if (pendingPortraits(pieces).length > 0) await requireRoom(tx, services, owner_id);
    await requirePublishedImages(tx, owner_id, drafts, image_id);
    const inserted = await rows.insertWorld(tx, { ...about, owner_id, image_id });
    await rows.insertPieces(tx, pieces);
    if (image_id === null) return { world: { ...inserted, image: null } };
    return { world: presentWorld((await rows.find(tx, owner_id, world_id))!) };
  });
  if (saved.repeated) return get(services, { owner_id, world_id: saved.repeated });

  await queuePortraits(services, pendingPortraits(pieces));
  return { world: { ...saved.world!, pieces: pieces.map(toPiece) } };
}

/**
 * Adds pieces to a world; `world.full` when that would be more than a world may have, and `owner.full` as
 * `create`.
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
    const first = idempotency && (await claimKey(tx, { ...request, idempotency }));
    if (first) return first.piece_ids;
    const count = await rows.lockAndCount(tx, owner_id, world_id);
    if (count === undefined) throw notFound();
    if (count + pieces.length > limits.pieces_per_world)
      throw new AppError(
        "world.full",
        `A world holds ${limits.pieces_per_world} pieces, and this one has ${count}: send fewer`,
      );
    if (pendingPortraits(pieces).length > 0) await requireRoom(tx, services, owner_id);
    await requirePublishedImages(tx, owner_id, drafts);
    await rows.insertPieces(tx, pieces);
    return undefined;
  });
  if (repeated) {
    if (!(await rows.find(sql, owner_id, world_id))) throw notFound();
    return { pieces: await rows.pieces(sql, world_id, repeated) };
  }

  await queuePortraits(services, pendingPortraits(pieces));
  return { pieces: pieces.map(toPiece) };
}

export async function get(
  { sql }: Pick<Services, "sql">,
  { owner_id, world_id }: Input<"getWorld"> & Owned,
): Promise<Output<"getWorld">> {
  const world = await rows.find(sql, owner_id, world_id);
  if (!world) throw notFound();
  return { world: { ...presentWorld(world), pieces: await rows.pieces(sql, world_id) } };
}

/**
 * Changes a world. Fields that are undefined stay; null clears. Its picture is one of the owner's published public
 * images.
 */
export async function update(
  services: Pick<Services, "sql">,
  { owner_id, world_id, theme, title, story, image_id }: Input<"updateWorld"> & Owned,
): Promise<Output<"updateWorld">> {
  await services.sql.begin(async (tx) => {
    // the world before the image, as when an image is deleted
    if (!(await rows.lock(tx, owner_id, world_id))) throw notFound();
    await requirePublishedImages(tx, owner_id, [], image_id);
    await rows.update(tx, owner_id, world_id, { theme, title, story, image_id });
  });
  return get(services, { owner_id, world_id });
}

export async function list(
  { sql }: Pick<Services, "sql">,
  { owner_id, limit, cursor }: Input<"listWorlds"> & Owned,
): Promise<Output<"listWorlds">> {
  const list = { name: "worlds", owner_id };
  const after = cursor && idInCursor(cursor, list);
  const worlds = await rows.page(sql, owner_id, { limit: limit + 1, cursor: after });
  const { page, next_cursor } = pageOf(worlds, limit, list, ({ world_id }) => world_id);
  return { worlds: page.map(presentWorld), next_cursor };
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
      if (!erasure) throw notFound();
      return { erasure };
    }
    const objects = portraits.flatMap((portrait) =>
      portraitObjectsToErase({ world_id, ...portrait }),
    );
    return { erasure: await erasures.start(tx, owner_id, objects, `world:${world_id}`) };
  });
}

const notFound = () =>
  new AppError("world.not_found", "You have no world with this id: check the id");
