import { del, get } from "idb-keyval";

/**
 * A text that was typed and is not saved. Null when there is no such field: `base` before it is added, `value` when it
 * is removed.
 */
export type Edit = {
  /** The saved text when the typing began. */
  base: string | null;
  value: string | null;
};

/** By field. */
export type Edits = Readonly<Record<string, Edit>>;

/** What is edited: a world, one of its characters, or a form on its page. */
export type Subject = { owner: string; world_id: string; of: string };

const none: Edits = {};
const prefix = "keepsake edit ";
const listeners = new Set<() => void>();
/** By owner, world and subject; read from the browser's storage once, then kept the same as it. */
let cache: Map<string, Edits> | undefined;

/** The edits of a subject: the same object until one of them changes, here or in another tab. */
export const editsOf = (subject: Subject): Edits => all().get(groupOf(subject)) ?? none;

/** Stores an edit in this browser at once, so that a reload, an ended session or a failed request loses nothing. */
export function storeEdit(subject: Subject, field: string, edit: Edit | undefined) {
  apply(groupOf(subject), field, edit);
  const key = `${prefix}${JSON.stringify([subject.owner, subject.world_id, subject.of, field])}`;
  try {
    if (edit) localStorage.setItem(key, JSON.stringify(edit));
    else localStorage.removeItem(key);
  } catch {
    // full or switched off: the edit stays in this page
  }
  notify();
}

/** Every subject of a world with its edits. */
export const subjectsOf = (owner: string, world_id: string): [Subject, Edits][] =>
  [...all()].flatMap(([group, edits]) => {
    const [ofOwner, ofWorld, of] = JSON.parse(group);
    return ofOwner === owner && ofWorld === world_id ? [[{ owner, world_id, of }, edits]] : [];
  });

export const hasEditsOfWorld = (owner: string, world_id: string): boolean =>
  subjectsOf(owner, world_id).some(([, edits]) => Object.keys(edits).length > 0);

/** Forgets what was typed on a world's page. */
export function deleteEditsOfWorld(owner: string, world_id: string) {
  for (const [subject, edits] of subjectsOf(owner, world_id))
    for (const field of Object.keys(edits)) storeEdit(subject, field, undefined);
}

/** Forgets what was typed for one piece. */
export function deleteEditsOfPiece(owner: string, world_id: string, piece_id: string) {
  for (const [subject, edits] of subjectsOf(owner, world_id))
    if (subject.of.startsWith(piece_id))
      for (const field of Object.keys(edits)) storeEdit(subject, field, undefined);
}

export function subscribeToEdits(listener: () => void) {
  listeners.add(listener);
  if (listeners.size === 1) addEventListener("storage", onStorage);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      removeEventListener("storage", onStorage);
      cache = undefined; // changes in other tabs are no longer heard of
    }
  };
}

/** Whether this browser stores texts of this person's worlds, or what was generated for one, that are not saved. */
export async function hasStoredEdits(owner: string): Promise<boolean> {
  if (storedKeys().some((key) => parse(key)?.[0] === owner)) return true;
  const generated = await get<Record<string, object>>(generatedKey(owner)).catch(() => undefined);
  return Object.values(generated ?? {}).some((ofKind) => Object.keys(ofKind).length > 0);
}

/** The worlds of which this browser stores texts that are not saved. */
export const worldsWithEdits = (owner: string): string[] => [
  ...new Set(
    storedKeys().flatMap((key) => {
      const [ofOwner, world_id] = parse(key) ?? [];
      return ofOwner === owner && world_id ? [world_id] : [];
    }),
  ),
];

/** The event of the window when the edits of the owner in its `detail` were deleted. */
export const editsDeleted = "keepsake-edits-deleted";

/** Deletes what this browser stores of a person's worlds: texts, and what was generated and not added. */
export async function deleteStoredEdits(owner: string): Promise<void> {
  for (const key of storedKeys()) if (parse(key)?.[0] === owner) localStorage.removeItem(key);
  cache = undefined;
  notify();
  dispatchEvent(new CustomEvent(editsDeleted, { detail: owner }));
  await del(generatedKey(owner)).catch(() => {});
}

/** Where IndexedDB has what was generated for worlds and is not added. */
export const generatedKey = (owner: string) => `keepsake generated for worlds of ${owner}`;

/** Another tab changed an edit, or all of them. */
function onStorage({ key, newValue }: StorageEvent) {
  if (key === null) cache = undefined;
  else {
    const [owner, world_id, of, field] = parse(key) ?? [];
    if (!owner || !world_id || !of || !field) return;
    apply(groupOf({ owner, world_id, of }), field, newValue ? readEdit(newValue) : undefined);
  }
  notify();
}

function all(): Map<string, Edits> {
  if (cache) return cache;
  cache = new Map();
  for (const key of storedKeys()) {
    const [owner, world_id, of, field] = parse(key) ?? [];
    const edit = readEdit(localStorage.getItem(key));
    if (owner && world_id && of && field && edit)
      apply(groupOf({ owner, world_id, of }), field, edit);
  }
  return cache;
}

function apply(group: string, field: string, edit: Edit | undefined) {
  const groups = all();
  const { [field]: _, ...others } = groups.get(group) ?? none;
  groups.set(group, edit ? { ...others, [field]: edit } : others);
}

function storedKeys(): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

function parse(key: string): string[] | undefined {
  if (!key.startsWith(prefix)) return undefined;
  try {
    return JSON.parse(key.slice(prefix.length));
  } catch {
    return undefined;
  }
}

function readEdit(json: string | null): Edit | undefined {
  try {
    return JSON.parse(json ?? "");
  } catch {
    return undefined;
  }
}

const groupOf = ({ owner, world_id, of }: Subject) => JSON.stringify([owner, world_id, of]);

function notify() {
  for (const listener of [...listeners]) listener();
}
