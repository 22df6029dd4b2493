import * as z from "zod/mini";
import { limits } from "../limits.ts";
import type { RouteName } from "../routes.ts";
import {
  Piece,
  PieceDraft,
  Portrait,
  PortraitBase64,
  pieceChanges,
  storableText,
  theme,
  World,
  WorldPage,
  WorldSummary,
  wholeNumber,
} from "../schemas.ts";
import type { Endpoint } from "./endpoint.ts";
import { erasureOutput, nextCursor, page } from "./sharedFields.ts";

export const worldRoutes = {
  createWorld: {
    summary: "Saves a world with its pieces. Portraits are published within seconds.",
    body: () =>
      z.strictObject({
        theme: theme(),
        title: z.optional(storableText(1, limits.title_chars)),
        story: z.optional(storableText(1, limits.story_chars)),
        image_id: z
          .optional(z.uuid())
          .check(
            z.describe("One of the caller's published public images, as the world's picture."),
          ),
        pieces: pieces(),
      }),
    output: () => z.object({ world: World() }),
    status: 201,
  },
  listWorlds: {
    summary:
      "The caller's worlds, newest first, without their pieces, but with what a list shows of them.",
    query: () => z.object(page()),
    output: () => z.object({ worlds: z.array(WorldSummary()), next_cursor: nextCursor() }),
    status: 200,
  },
  getWorld: {
    summary: "One world with its pieces. Portraits are URLs, never base64.",
    path: worldPath,
    output: () => z.object({ world: World() }),
    status: 200,
  },
  updateWorld: {
    summary: "Changes a world. Fields that are left out stay; null clears.",
    path: worldPath,
    body: () =>
      z.strictObject({
        theme: z.optional(theme()),
        title: z.optional(z.nullable(storableText(1, limits.title_chars))),
        story: z.optional(z.nullable(storableText(1, limits.story_chars))),
        image_id: z
          .optional(z.nullable(z.uuid()))
          .check(
            z.describe("One of the caller's published public images, as the world's picture."),
          ),
      }),
    output: () => z.object({ world: World() }),
    status: 200,
  },
  addPieces: {
    summary: "Adds pieces to a world.",
    path: worldPath,
    body: () => z.strictObject({ pieces: pieces() }),
    output: () => z.object({ pieces: z.array(Piece()) }),
    status: 201,
  },
  replacePortrait: {
    summary: "Replaces a character's portrait. The old one stays until the new one is published.",
    path: piecePath,
    body: () =>
      z
        .strictObject({
          image_portrait_base64: z.optional(PortraitBase64()),
          image_id: z.optional(z.uuid()),
        })
        .check(
          z.meta({ minProperties: 1, maxProperties: 1 }),
          z.refine(
            (sent) => (sent.image_portrait_base64 === undefined) !== (sent.image_id === undefined),
            "Send either image_portrait_base64 or image_id",
          ),
        ),
    output: () => z.object({ piece: Piece() }),
    status: 202,
  },
  updatePiece: {
    summary:
      "Changes the text of a piece. Fields that are left out stay. `details` replaces the caller's keys, and its portrait stays.",
    path: piecePath,
    body: () => z.strictObject(pieceChanges()),
    output: () => z.object({ piece: Piece() }),
    status: 200,
  },
  deletePiece: {
    summary:
      "Deletes a piece. Its portrait is removed when the erasure is done. For an hour, a repeated request gets the same erasure, then 404.",
    path: piecePath,
    output: erasureOutput,
    status: 202,
  },
  listPortraits: {
    summary:
      "The versions of a character's portrait: the current one, and the newest 100 of those that were replaced in the past 24 hours, newest first.",
    path: piecePath,
    output: () => z.object({ portraits: z.array(Portrait()) }),
    status: 200,
  },
  restorePortrait: {
    summary:
      "Brings a replaced portrait back, as long as it exists. The one that is shown until then can be brought back for 24 hours; one that is pending is given up. Safe to repeat.",
    path: () =>
      z.strictObject({
        world_id: z.uuid(),
        piece_id: z.uuid(),
        version: wholeNumber(1, maxVersion),
      }),
    output: () => z.object({ piece: Piece() }),
    status: 200,
  },
  publishWorldPage: {
    summary:
      "Switches the public page of a world on. Anyone who knows its address sees the world there, with public images only. A page that is on stays as it is; one that was off gets a new address.",
    path: worldPath,
    output: () => z.object({ page: WorldPage() }),
    status: 200,
  },
  unpublishWorldPage: {
    summary: "Switches the public page of a world off, for good: its address shows nothing again.",
    path: worldPath,
    output: () => z.undefined(),
    status: 204,
  },
  deleteWorld: {
    summary:
      "Deletes a world. Its images are removed when the erasure is done. For an hour, a repeated request gets the same erasure, then 404.",
    path: worldPath,
    output: erasureOutput,
    status: 202,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };

function pieces() {
  return z.array(PieceDraft()).check(z.minLength(1), z.maxLength(limits.pieces_per_request));
}

/** What Postgres takes as an integer. */
const maxVersion = 2 ** 31 - 1;

function piecePath() {
  return z.strictObject({ world_id: z.uuid(), piece_id: z.uuid() });
}

function worldPath() {
  return z.strictObject({ world_id: z.uuid() });
}
