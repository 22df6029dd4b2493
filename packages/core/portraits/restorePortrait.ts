import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { isUnsettled, shownVersion, versionObjects } from "../images/portraitObjectsToErase.ts";
import { newId } from "../newId.ts";
import type { Services } from "../ports.ts";
import { pieceNotFound } from "./pieceNotFound.ts";
import * as rows from "./replacedPortraits.sql.ts";

type Owned = { owner_id: string };

/** The version that a character shows, and those that were replaced and can be brought back, newest first. */
export async function listPortraits(
  { sql }: Pick<Services, "sql">,
  { owner_id, world_id, piece_id }: Input<"listPortraits"> & Owned,
): Promise<Output<"listPortraits">> {
  const state = await rows.find(sql, owner_id, world_id, piece_id);
  if (!state) throw pieceNotFound();
  const { url, variants, version } = state;
  const shown = shownVersion(url) ?? version;
  const current =
    url === null ? [] : [{ version: shown, url, variants, is_current: true, erased_after: null }];
  const restorable = await rows.findRestorable(sql, piece_id);
  const replaced = restorable
    .filter((portrait) => portrait.url !== url) // it was brought back between the two queries
    .map((portrait) => ({ ...portrait, is_current: false }));
  const portraits = [...current, ...replaced].sort((a, b) => b.version - a.version);
  return { portraits };
}

/**
 * Brings a version of a portrait back, as long as its objects exist and the image that it was made of; otherwise
 * `portrait.not_found`. The version that is shown until then can be brought back for 24 hours. One that is pending is
 * given up. A version that is shown already stays.
 */
export async function restorePortrait(
  { sql }: Pick<Services, "sql">,
  { owner_id, world_id, piece_id, version }: Input<"restorePortrait"> & Owned,
): Promise<Output<"restorePortrait">> {
  return sql.begin(async (tx) => {
    const state = await rows.lock(tx, owner_id, world_id, piece_id);
    if (!state) throw pieceNotFound();
    const { url, variants, stored_bytes, image_id, settled_version, version: last } = state;
    const shown = url === null ? undefined : shownVersion(url);
    const keysOf = (includes: (version: number) => boolean) =>
      versionObjects({ world_id, piece_id, version: last }, includes).map(({ key }) => key);

    const isShown = url !== null && shown === version;
    const current = { version: shown ?? last, url: url ?? "", variants, stored_bytes, image_id };
    const restored = isShown ? current : await rows.takeReplaced(tx, piece_id, version);
    if (!restored) throw portraitNotFound();
    if (
      !isShown &&
      !(await rows.unlist(
        tx,
        owner_id,
        keysOf((each) => each === version),
      ))
    )
      throw portraitNotFound();

    const keys = keysOf(
      (each) =>
        each !== version && (each === shown || isUnsettled({ shown, settled_version }, each)),
    );
    if (keys.length > 0) {
      const erasure_id = newId();
      await rows.listInADay(tx, { erasure_id, owner_id, keys });
      if (shown !== undefined && !isShown)
        await rows.insertReplaced(tx, piece_id, erasure_id, current);
    }
    return { piece: await rows.show(tx, piece_id, restored) };
  });
}

const portraitNotFound = () =>
  new AppError(
    "portrait.not_found",
    "This character has no such portrait any more: a replaced one can be brought back for 24 hours",
  );
