import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { PortraitMessage } from "@keepsake/contract/messages";
import type { Piece, PieceDraft } from "@keepsake/contract/schemas";
import type { TransactionSql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import * as erasures from "../erasures/erasures.ts";
import { lockPublished } from "../images/images.sql.ts";
import { objectKeys } from "../images/objectKeys.ts";
import { decodePortrait } from "../portraits/decodePortrait.ts";
import { markUnsent } from "../portraits/portraits.sql.ts";
import type { Services } from "../ports.ts";
import { claim, type Idempotency } from "./idempotency.sql.ts";
import * as rows from "./worlds.sql.ts";

type Owned = { owner_id: string };
type Repeatable = { idempotency?: Idempotency | undefined };

/** Saves a world with its pieces now; the portraits follow through the queue. */
export async function create(
  services: Pick<Services, "sql" | "portraitQueue">,
  { owner_id, idempotency, pieces: drafts, ...input }: Input<"createWorld"> & Owned & Repeatable,
): Promise<Output<"createWorld">> {
  const { sql } = services;
  const world_id = uuidv7();
  const { theme, title = null, story = null } = input;
  const pieces = pieceRows(world_id, drafts);

  const saved = await sql.begin(async (tx) => {
    const first =
      idempotency &&
      (await claimPieces(tx, "createWorld", { owner_id, idempotency, world_id, pieces }));
    if (first) return { repeated: first.world_id };
    await requirePublished(tx, owner_id, drafts);
    const world = await rows.insertWorld(tx, { world_id, owner_id, theme, title, story });
    await rows.insertPieces(tx, pieces);
    return { world };
  });
  if (saved.repeated) return get(services, { owner_id, world_id: saved.repeated });

  await queuePortraits(services, pendingPortraits(pieces));
  return { world: { ...saved.world!, pieces: pieces.map(shown) } };
}

/** Adds pieces to a world that has room: `world.full` otherwise. */
export async function addPieces(
  services: Pick<Services, "sql" | "portraitQueue">,
  { owner_id, idempotency, world_id, pieces: drafts }: Input<"addPieces"> & Owned & Repeatable,
): Promise<Output<"addPieces">> {
  const { sql } = services;
  const pieces = pieceRows(world_id, drafts);

  const repeated = await sql.begin(async (tx) => {
    const first =
      idempotency &&
      (await claimPieces(tx, "addPieces", { owner_id, idempotency, world_id, pieces }));
    if (first) return first.piece_ids;
    const count = await rows.lockAndCount(tx, owner_id, world_id);
    if (count === undefined) throw notFound();
    if (count + pieces.length > limits.pieces_per_world)
      throw new AppError(
        "world.full",
        `A world holds ${limits.pieces_per_world} pieces, and this one has ${count}: send fewer`,
      );
    await requirePublished(tx, owner_id, drafts);
    await rows.insertPieces(tx, pieces);
    return undefined;
  });
  if (repeated) {
    if (!(await rows.find(sql, owner_id, world_id))) throw notFound();
    return { pieces: await rows.pieces(sql, world_id, repeated) };
  }

  await queuePortraits(services, pendingPortraits(pieces));
  return { pieces: pieces.map(shown) };
}

export async function get(
  { sql }: Pick<Services, "sql">,
  { owner_id, world_id }: Input<"getWorld"> & Owned,
): Promise<Output<"getWorld">> {
  const world = await rows.find(sql, owner_id, world_id);
  if (!world) throw notFound();
  return { world: { ...world, pieces: await rows.pieces(sql, world_id) } };
}

/**
 * Makes a new version of a character's portrait, from base64 or from one of the owner's published images.
 * The old one is shown until the new one is published.
 */
export async function replacePortrait(
  services: Pick<Services, "sql" | "portraitQueue">,
  { owner_id, world_id, piece_id, ...sent }: Input<"replacePortrait"> & Owned,
): Promise<Output<"replacePortrait">> {
  const source: rows.PortraitSource =
    sent.image_portrait_base64 === undefined
      ? { base64: null, image_id: sent.image_id! }
      : { base64: sent.image_portrait_base64, image_id: null };
  if (source.base64 !== null) decodePortrait(source.base64);

  const { version, ...piece } = await services.sql.begin(async (tx) => {
    const type = await rows.lockPiece(tx, owner_id, world_id, piece_id);
    if (type === undefined)
      throw new AppError("piece.not_found", "There is no such piece in this world: check the ids");
    if (type !== "character")
      throw new AppError("piece.not_a_character", "Only a character has a portrait");
    if (source.image_id !== null) {
      const published = await lockPublished(tx, owner_id, [source.image_id]);
      if (!published.has(source.image_id)) throw notPublished();
    }
    return rows.replacePortrait(tx, piece_id, source);
  });
  await queuePortraits(services, [{ piece_id, version }]);
  return { piece };
}

/** Deletes a world: gone for readers at once, its portraits' objects by the sweep. */
export async function remove(
  { sql }: Pick<Services, "sql">,
  { owner_id, world_id }: Input<"deleteWorld"> & Owned,
): Promise<Output<"deleteWorld">> {
  return sql.begin(async (tx) => {
    const portraits = await rows.remove(tx, owner_id, world_id);
    if (!portraits) throw notFound();
    const objects = portraits.flatMap((portrait) => portraitObjects({ world_id, ...portrait }));
    return { erasure: await erasures.start(tx, owner_id, objects) };
  });
}

/** Every object that a portrait may have: all its versions, the one in flight included. */
export function portraitObjects(portrait: { world_id: string; piece_id: string; version: number }) {
  return Array.from({ length: portrait.version }, (_, index) => ({
    bucket: "images" as const,
    key: objectKeys.portrait({ ...portrait, version: index + 1 }),
  }));
}

export async function list(
  { sql }: Pick<Services, "sql">,
  { owner_id, limit, cursor }: Input<"listWorlds"> & Owned,
): Promise<Output<"listWorlds">> {
  const worlds = await rows.page(sql, owner_id, { limit: limit + 1, cursor });
  const more = worlds.length > limit;
  return { worlds: worlds.slice(0, limit), next_cursor: more ? worlds[limit - 1]!.world_id : null };
}

function pieceRows(world_id: string, drafts: PieceDraft[]): rows.PieceRow[] {
  return drafts.map(({ type, name, description, details, portrait_image_id = null }, index) => {
    const portrait = details.image_portrait_base64;
    if (typeof portrait === "string") withPieceContext(index, name, () => decodePortrait(portrait));
    const hasPortrait = portrait !== undefined || portrait_image_id !== null;
    return {
      piece_id: uuidv7(),
      world_id,
      type,
      name,
      description,
      details: details as rows.PieceRow["details"],
      portrait_status: hasPortrait ? "pending" : "none",
      portrait_version: hasPortrait ? 1 : 0,
      portrait_image_id,
      queued_at: hasPortrait ? new Date().toISOString() : null,
    };
  });
}

/** Lets a refusal say which of the request's pieces it means. */
function withPieceContext(index: number, name: string, check: () => void) {
  try {
    check();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `pieces[${index}] (${name}): ${error.message}`, {
      details: { piece: index, name },
      cause: error,
    });
  }
}

function claimPieces(
  tx: TransactionSql,
  route: "createWorld" | "addPieces",
  request: Owned & { idempotency: Idempotency; world_id: string; pieces: rows.PieceRow[] },
) {
  const { owner_id, idempotency, world_id, pieces } = request;
  const piece_ids = pieces.map(({ piece_id }) => piece_id);
  return claim(tx, { owner_id, route, idempotency, world_id, piece_ids });
}

/** After the commit: a queue that is down delays a portrait until the next sweep, and fails nothing. */
async function queuePortraits(
  { sql, portraitQueue }: Pick<Services, "sql" | "portraitQueue">,
  messages: PortraitMessage[],
) {
  if (messages.length === 0) return;
  const unsent = await portraitQueue.send(messages);
  if (unsent.length > 0) await markUnsent(sql, unsent);
}

function shown({
  piece_id,
  type,
  name,
  description,
  details,
  portrait_status,
}: rows.PieceRow): Piece {
  const { image_portrait_base64: _, ...rest } = details;
  return {
    piece_id,
    type: type as Piece["type"],
    name,
    description,
    details: rest,
    portrait_status,
    portrait_error: null,
  };
}

function pendingPortraits(pieces: rows.PieceRow[]): PortraitMessage[] {
  return pieces
    .filter((piece) => piece.portrait_status === "pending")
    .map(({ piece_id, portrait_version: version }) => ({ piece_id, version }));
}

/** Keeps the images that drafts name from being deleted until their portraits are pending. */
async function requirePublished(tx: TransactionSql, owner_id: string, drafts: PieceDraft[]) {
  const wanted = drafts.flatMap(({ portrait_image_id }) => portrait_image_id ?? []);
  if (wanted.length === 0) return;
  const published = await lockPublished(tx, owner_id, wanted);
  for (const [index, { name, portrait_image_id }] of drafts.entries())
    withPieceContext(index, name, () => {
      if (portrait_image_id !== undefined && !published.has(portrait_image_id))
        throw notPublished();
    });
}

const notPublished = () =>
  new AppError(
    "image.not_published",
    "There is no such published image among yours: complete its upload first",
  );

const notFound = () =>
  new AppError("world.not_found", "There is no such world among yours: check the id");
