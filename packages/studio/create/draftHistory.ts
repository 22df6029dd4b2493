import {
  type Draft,
  type DraftsDocument,
  type FieldValues,
  type HistoryEntry,
  settled,
} from "./draftsDocument.ts";

const maxEntries = 30;

/** Adds an entry. What was undone before can no longer be redone. */
export function remember(
  document: DraftsDocument,
  { label, at, session, ...entry }: Partial<HistoryEntry> & Pick<HistoryEntry, "label" | "at">,
): DraftsDocument {
  if (session !== undefined && document.undo.at(-1)?.session === session) return document;
  const added = { out: [], in: [], fields: [], ...entry, label, at, ...(session && { session }) };
  return { ...document, undo: [...document.undo, added].slice(-maxEntries), redo: [] };
}

export function undo(document: DraftsDocument, at: number): DraftsDocument {
  const entry = document.undo.at(-1);
  if (!entry) return document;
  const { drafts, inverse } = swap(document.drafts, entry, at);
  return {
    ...document,
    drafts,
    undo: document.undo.slice(0, -1),
    redo: [...document.redo, inverse],
  };
}

export function redo(document: DraftsDocument, at: number): DraftsDocument {
  const entry = document.redo.at(-1);
  if (!entry) return document;
  const { drafts, inverse } = swap(document.drafts, entry, at);
  return {
    ...document,
    drafts,
    undo: [...document.undo, inverse],
    redo: document.redo.slice(0, -1),
  };
}

/** Exchanges what the entry holds for what is there now. */
function swap(before: Draft[], entry: HistoryEntry, at: number) {
  const leaving = new Set(entry.in);
  const out = before.flatMap((draft, index) =>
    leaving.has(draft.key) && draft.character ? [{ draft: settledDraft(draft), index }] : [],
  );
  let drafts = before.filter(({ key }) => !leaving.has(key));
  for (const { draft, index } of entry.out)
    if (!drafts.some(({ key }) => key === draft.key)) drafts = drafts.toSpliced(index, 0, draft);
  const fields = entry.fields.flatMap((values) => {
    const draft = before.find(({ key }) => key === values.key);
    return draft ? [currentOf(draft, values)] : [];
  });
  const values = new Map(entry.fields.map(({ key, ...rest }) => [key, rest]));
  drafts = drafts.map((draft) => ({ ...draft, ...values.get(draft.key) }));
  const inverse = { ...entry, at, out, in: entry.out.map(({ draft }) => draft.key), fields };
  return { drafts, inverse };
}

/** The draft's own values of the same fields. */
function currentOf(draft: Draft, { key, kept, character, portrait }: FieldValues): FieldValues {
  const own = settled(draft.portrait);
  return {
    key,
    ...(kept !== undefined && { kept: draft.kept }),
    ...(character && draft.character && { character: draft.character }),
    ...(portrait && own && { portrait: own }),
  };
}

const settledDraft = (draft: Draft): Draft => ({
  ...draft,
  portrait: settled(draft.portrait) ?? {
    state: "missing",
    why: "Its portrait was not finished. Repaint it.",
  },
});
