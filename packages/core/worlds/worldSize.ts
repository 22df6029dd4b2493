import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { World } from "@keepsake/contract/schemas";
import type { TransactionSql } from "postgres";
import { responseBytes } from "../responseBytes.ts";
import * as rows from "./worldSize.sql.ts";

/**
 * Throws `world.full` when the pieces of a world have become more than one response can have. Call it in the
 * transaction that adds them, when the world is locked.
 */
export async function requireReadable(tx: TransactionSql, world_id: string) {
  if ((await rows.pieceBytes(tx, world_id)) > limits.world_bytes) throw worldFull();
}

/** Changes a piece of a locked world, and throws `world.full` as `requireReadable`, but for a piece that gets smaller. */
export async function changingReadably<Changed>(
  tx: TransactionSql,
  { world_id, piece_id }: { world_id: string; piece_id: string },
  change: () => Promise<Changed>,
): Promise<Changed> {
  const before = await rows.pieceBytes(tx, world_id, [piece_id]);
  const changed = await change();
  if ((await rows.pieceBytes(tx, world_id, [piece_id])) > before)
    await requireReadable(tx, world_id);
  return changed;
}

/** A world that one response can have; `world.full` for one that earlier releases let grow too large. */
export function readable(world: World): World {
  if (responseBytes(world) <= maxResponseBytes) return world;
  throw new AppError(
    "world.full",
    "This world has more text than one response can have. An export of everything has all of it: delete pieces, or make their details shorter",
  );
}

/** Lambda's 6,291,556 bytes, without what is around the world. */
const maxResponseBytes = 6_200_000;

const worldFull = () =>
  new AppError(
    "world.full",
    `A world holds ${limits.world_bytes} bytes of text, and this one would have more: send less, or put it into another world`,
  );
