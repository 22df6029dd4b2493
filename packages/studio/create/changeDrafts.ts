import type { Image } from "@keepsake/contract/schemas";
import { remember } from "./draftHistory.ts";
import type { Draft, DraftsDocument, GenerationForm, SettledPortrait } from "./draftsDocument.ts";

/** A change that a person makes. It is applied to what is stored too, which another tab may have changed meanwhile. */
export type Change = (document: DraftsDocument) => DraftsDocument;

const maxVersions = 20;

export const editForm =
  (form: Partial<GenerationForm>): Change =>
  (document) => ({ ...document, form: { ...document.form, ...form } });

export const editWorld =
  (world: Partial<Pick<DraftsDocument, "title" | "story" | "worldTheme">>): Change =>
  (document) => ({ ...document, ...world });

export const keep =
  (keys: string[], kept: boolean, at = Date.now()): Change =>
  (document) => {
    const changed = document.drafts.filter(
      (draft) => keys.includes(draft.key) && draft.kept !== kept,
    );
    if (changed.length === 0) return document;
    const label = `${nameOrCount(changed)} ${kept ? "kept" : "no longer kept"}`;
    const fields = changed.map(({ key }) => ({ key, kept: !kept }));
    const drafts = document.drafts.map((draft) =>
      keys.includes(draft.key) ? { ...draft, kept } : draft,
    );
    return remember({ ...document, drafts }, { label, at, fields });
  };

export const remove =
  (key: string, at = Date.now()): Change =>
  (document) => {
    const index = document.drafts.findIndex((draft) => draft.key === key);
    const draft = document.drafts[index];
    if (!draft || draft.portrait.state === "painting") return document;
    const drafts = document.drafts.toSpliced(index, 1);
    const label = `${nameOrCount([draft])} removed`;
    return remember({ ...document, drafts }, { label, at, out: [{ draft, index }] });
  };

/** Texts of one `session` are undone together. */
export const editCharacter =
  (
    key: string,
    text: { name?: string; description?: string },
    session: string,
    at = Date.now(),
  ): Change =>
  (document) => {
    const draft = document.drafts.find((draft) => draft.key === key);
    if (!draft?.character) return document;
    const { character } = draft;
    const changed = changeDraft(document, key, (draft) => ({
      ...draft,
      character: { ...character, ...text },
    }));
    const label = `Text of ${nameOrCount([draft])} changed`;
    return remember(changed, { label, at, session, fields: [{ key, character }] });
  };

export const chooseImage = (key: string, image: Image, at = Date.now()): Change =>
  setPortrait(key, { state: "own", image }, at);

/** Shows another of a draft's portraits. */
export const showVersion = (key: string, version: SettledPortrait, at = Date.now()): Change =>
  setPortrait(key, version, at);

/** Forgets why a portrait could not be generated again. */
export const dismissComplaint =
  (key: string): Change =>
  (document) =>
    changeDraft(document, key, ({ complaint: _, ...draft }) => draft);

/** Undoable. */
function setPortrait(key: string, portrait: SettledPortrait, at: number): Change {
  return (document) => {
    const before = document.drafts.find((draft) => draft.key === key);
    if (!before || before.portrait.state === "painting") return document;
    const changed = changeDraft(document, key, ({ complaint: _, ...draft }) => ({
      ...withVersion(draft, portrait),
      portrait,
    }));
    const label = `Portrait of ${nameOrCount([before])} changed`;
    return remember(changed, { label, at, fields: [{ key, portrait: before.portrait }] });
  };
}

export const dismissProblem: Change = (document) => ({
  ...document,
  problem: undefined,
  lost: undefined,
});

export const dismissCreated: Change = (document) => ({ ...document, created: undefined });

export const changeDraft = (
  document: DraftsDocument,
  key: string,
  changed: (draft: Draft) => Draft,
): DraftsDocument => ({
  ...document,
  drafts: document.drafts.map((draft) => (draft.key === key ? changed(draft) : draft)),
});

/** Adds a portrait to those that a draft can go back to, unless it is one of them. */
export function withVersion(draft: Draft, portrait: SettledPortrait): Draft {
  const { versions = versionsOf(draft) } = draft;
  if (portrait.state === "missing" || versions.some((one) => isSame(one, portrait))) return draft;
  return { ...draft, versions: [...versions, portrait].slice(-maxVersions) };
}

/** The portraits of a draft, oldest first. */
export function versionsOf({ versions, portrait }: Draft): SettledPortrait[] {
  if (versions) return versions;
  const shown = portrait.state === "painting" ? portrait.previous : portrait;
  return shown && shown.state !== "missing" ? [shown] : [];
}

export function isSame(one: SettledPortrait, other: SettledPortrait): boolean {
  if (one.state === "painted" && other.state === "painted")
    return one.portrait_id === other.portrait_id;
  if (one.state === "own" && other.state === "own")
    return one.image.image_id === other.image.image_id;
  return false;
}

export const nameOrCount = (drafts: Draft[]): string =>
  drafts.length === 1 ? drafts[0]!.character?.name || "1 character" : `${drafts.length} characters`;
