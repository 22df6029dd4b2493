import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { type Edits, editsOf, type Subject, storeEdit, subscribeToEdits } from "./storedEdits.ts";

/** The saved text of each field; null, or left out, when there is no such field. */
export type Texts = Record<string, string | null>;

export type FieldEdit = {
  /** As it is shown in the form: typed, or else saved. Null when it is to be removed. */
  value: string | null;
  isUnsaved: boolean;
  /** Set when the saved text was changed elsewhere since the typing began. */
  conflict?: { theirs: string | null };
  change(value: string | null): void;
  /** Resolves a conflict: the typed text is the one to save. */
  keepMine(): void;
  /** Forgets what was typed. */
  discard(): void;
};

/** What was typed into the fields of one subject and is not saved. It is stored in this browser. */
export function useEdits(world_id: string, of: string, saved: Texts) {
  const { id: owner } = useSession();
  const subject = useMemo((): Subject => ({ owner, world_id, of }), [owner, world_id, of]);
  const edits = useSyncExternalStore(
    subscribeToEdits,
    useCallback(() => editsOf(subject), [subject]),
  );
  const unsaved = unsavedOf(edits, saved);

  // saved after all by a request whose response was lost, or the same text was saved elsewhere
  useEffect(() => {
    for (const [field, { base, value }] of Object.entries(edits)) {
      const theirs = saved[field] ?? null;
      if (isSame(value, theirs) && !isSame(base, theirs)) storeEdit(subject, field, undefined);
    }
  }, [subject, edits, saved]);

  return {
    edits,
    /** The fields that were typed into and differ from the saved text, with the text to save. */
    unsaved,
    hasConflict: Object.keys(unsaved).some((field) => isConflict(edits, field, saved)),
    field(field: string): FieldEdit {
      const theirs = saved[field] ?? null;
      const edit = edits[field];
      const set = (base: string | null, value: string | null) =>
        storeEdit(subject, field, (base ?? "") === (value ?? "") ? undefined : { base, value });
      return {
        value: edit ? edit.value : theirs,
        isUnsaved: field in unsaved,
        ...(isConflict(edits, field, saved) && { conflict: { theirs } }),
        change: (value) => set(edit ? edit.base : theirs, value),
        keepMine: () => edit && set(theirs, edit.value),
        discard: () => storeEdit(subject, field, undefined),
      };
    },
    discardAll() {
      for (const field of Object.keys(editsOf(subject))) storeEdit(subject, field, undefined);
    },
    /** Forgets what was saved. A text that was changed again meanwhile stays unsaved. */
    forgetSaved(sent: Texts) {
      for (const [field, value] of Object.entries(sent)) {
        const edit = editsOf(subject)[field];
        if (!edit) continue;
        const isAsSent = isSame(edit.value, value);
        storeEdit(subject, field, isAsSent ? undefined : { base: value, value: edit.value });
      }
    },
    /** Whether any of what was typed was changed elsewhere, in texts that were just loaded. */
    conflictsWith: (loaded: Texts) =>
      Object.keys(unsavedOf(edits, loaded)).some((field) => isConflict(edits, field, loaded)),
  };
}

export type EditsOfSubject = ReturnType<typeof useEdits>;

function unsavedOf(edits: Edits, saved: Texts): Texts {
  const typed = Object.entries(edits).filter(
    ([field, { value }]) => !isSame(value, saved[field] ?? null),
  );
  return Object.fromEntries(typed.map(([field, { value }]) => [field, value?.trim() || null]));
}

function isConflict(edits: Edits, field: string, saved: Texts): boolean {
  const edit = edits[field];
  const theirs = saved[field] ?? null;
  return edit !== undefined && !isSame(edit.base, theirs) && !isSame(edit.value, theirs);
}

/** Spaces at the ends are not saved, and an empty text is none. */
const isSame = (one: string | null, other: string | null) =>
  (one ?? "").trim() === (other ?? "").trim();
