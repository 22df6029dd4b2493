import { limits } from "@keepsake/contract/limits";
import type { World } from "@keepsake/contract/schemas";
import { type Change, nameOrCount } from "./changeDrafts.ts";
import { remember } from "./draftHistory.ts";
import { type Creation, type DraftsDocument, emptyDocument, themesOf } from "./draftsDocument.ts";
import { isRejected, type StoredProblem } from "./storedProblem.ts";

/** The world that would be created now, with a key of its own. */
export function newCreation(document: DraftsDocument): Creation {
  return { key: crypto.randomUUID(), at: Date.now(), problem: undefined, ...worldOf(document) };
}

/** The theme of the world unless another was typed: those that the kept characters came from. */
export const themeOfWorld = ({ worldTheme, drafts, form }: DraftsDocument): string =>
  worldTheme ??
  (themesOf(
    drafts.filter(({ kept }) => kept),
    limits.theme_chars,
  ) ||
    form.theme);

export const startCreation =
  (creation: Creation): Change =>
  (document) => ({ ...document, creation, created: undefined });

/** The same request is sent again. */
export const retryCreation: Change = (document) =>
  document.creation
    ? { ...document, creation: { ...document.creation, problem: undefined } }
    : document;

export const failCreation =
  (key: string, problem: StoredProblem): Change =>
  (document) =>
    document.creation?.key === key
      ? { ...document, creation: { ...document.creation, problem } }
      : document;

/** The outcome of a request that is too old to be repeated stays unknown. */
export const giveUpCreation =
  (key: string): Change =>
  (document) =>
    document.creation?.key === key
      ? {
          ...document,
          creation: undefined,
          created: {
            world_id: undefined,
            title: document.creation.title.trim(),
            hasChanged: true,
          },
        }
      : document;

/** Removes what became the world, in the same change. What was not kept can be brought back. */
export const finishCreation =
  (key: string, world_id: string, at = Date.now()): Change =>
  (document) => {
    const { creation, drafts, form } = document;
    if (creation?.key !== key) return document;
    const created = {
      world_id,
      title: creation.title.trim(),
      hasChanged: !isUnchanged(document, creation),
    };
    if (created.hasChanged) return { ...document, creation: undefined, created };
    const out = drafts.filter(({ kept, character }) => !kept && character);
    const rest = { ...emptyDocument, form, created };
    if (out.length === 0) return rest;
    const label = `${nameOrCount(out)} not kept`;
    return remember(rest, { label, at, out: out.map((draft, index) => ({ draft, index })) });
  };

/** Whether the drafts are still what was sent. */
export const isUnchanged = (document: DraftsDocument, creation: Creation): boolean => {
  const { key: _, at: __, problem: ___, ...sent } = creation;
  return JSON.stringify(worldOf(document)) === JSON.stringify(sent);
};

/** Nothing was created by it, so that another request may be sent. */
export const isOver = ({ problem }: Creation): boolean =>
  problem !== undefined &&
  isRejected(problem) &&
  !(problem.details && "world_id" in problem.details);

/** Which piece each kept draft became. The API answers pieces in the order they were sent. */
export const pieceIdsOf = ({ drafts }: Creation, { pieces }: World): ReadonlyMap<string, string> =>
  new Map(drafts.map(({ key }, index) => [key, pieces[index]!.piece_id]));

const worldOf = (document: DraftsDocument) => ({
  theme: themeOfWorld(document).trim(),
  title: document.title,
  story: document.story,
  drafts: document.drafts
    .filter(({ kept }) => kept)
    .map(({ key, theme, character, portrait, kept }) => ({
      key,
      ...(theme !== undefined && { theme }),
      ...(character && { character }),
      portrait,
      kept,
    })),
});
