import { createStore, promisifyRequest } from "idb-keyval";
import type { Change } from "./changeDrafts.ts";
import {
  type Draft,
  type DraftsDocument,
  emptyDocument,
  type Portrait,
  portraitIds,
} from "./draftsDocument.ts";

/** Base64 by its id. */
export type Portraits = ReadonlyMap<string, string>;

const inStore = createStore("keyval-store", "keyval");

/**
 * Applies changes to what is stored, in one transaction, so that changes of several tabs follow each other. Stores
 * new portraits, and deletes those that nothing refers to any more. `known` is what this tab believes to be stored.
 */
export function storeChanges(
  id: string,
  changes: Change[],
  portraits: Portraits,
  known: DraftsDocument,
): Promise<DraftsDocument> {
  return inStore("readwrite", async (store) => {
    const [found, old] = await Promise.all([
      promisifyRequest<Partial<DraftsDocument> | undefined>(store.get(documentKey(id))),
      promisifyRequest<FirstReleaseDrafts | undefined>(store.get(firstReleaseKey(id))),
    ]);
    const stored = found ? { ...emptyDocument, ...found } : emptyDocument;
    const before = stored.revision === known.revision ? known : stored;
    const adopted = old ? adopt(before, old) : { document: before, portraits: [] };
    const changed = changes.reduce((document, change) => change(document), adopted.document);
    if (changed === before) return before;

    const after = { ...changed, revision: before.revision + 1 };
    const referred = portraitIds(after);
    for (const [portrait_id, base64] of [...portraits, ...adopted.portraits])
      if (referred.has(portrait_id)) store.put(base64, portraitKey(id, portrait_id));
    for (const portrait_id of portraitIds(before))
      if (!referred.has(portrait_id)) store.delete(portraitKey(id, portrait_id));
    store.put(after, documentKey(id));
    if (old) store.delete(firstReleaseKey(id));
    await promisifyRequest(store.transaction);
    return after;
  });
}

export function storedDocument(id: string): Promise<DraftsDocument> {
  return inStore("readonly", (store) => promisifyRequest(store.get(documentKey(id)))).then(
    (found) => ({ ...emptyDocument, ...found }),
  );
}

export const storedPortrait = (id: string, portrait_id: string): Promise<string | undefined> =>
  inStore("readonly", (store) => promisifyRequest(store.get(portraitKey(id, portrait_id))));

/** Whether this browser stores characters or texts of a world that was not created. */
export const hasStoredDrafts = (id: string): Promise<boolean> =>
  inStore("readonly", (store) =>
    Promise.all([
      promisifyRequest<Partial<DraftsDocument> | undefined>(store.get(documentKey(id))),
      promisifyRequest<FirstReleaseDrafts | undefined>(store.get(firstReleaseKey(id))),
    ]),
  ).then(
    (found) =>
      found.some((one) => one && ((one.drafts?.length ?? 0) > 0 || !!one.title || !!one.story)),
    () => false,
  );

/** Deletes them, and empties the Create page of every tab. */
export async function deleteStoredDrafts(id: string): Promise<void> {
  const channel = draftsChannel(id);
  channel.postMessage("deleted"); // before and after, so that no tab stores what it had
  await inStore("readwrite", (store) => {
    store.delete(documentKey(id));
    store.delete(firstReleaseKey(id));
    store.delete(IDBKeyRange.bound(portraitKey(id, ""), portraitKey(id, "\uffff")));
    return promisifyRequest(store.transaction);
  }).catch(() => {});
  channel.postMessage("deleted");
  channel.close();
}

/** Between tabs of one person: `changed` when there is something new to read, `deleted` when all is gone. */
export const draftsChannel = (id: string) => new BroadcastChannel(documentKey(id));

const documentKey = (id: string) => `keepsake create page of ${id}`;
const portraitKey = (id: string, portrait_id: string) => ["keepsake portrait", id, portrait_id];

/** What the first release stored: its portraits are inside the drafts. These names stay. */
type FirstReleaseDrafts = {
  theme: string;
  title: string;
  story: string;
  drafts: (Omit<Draft, "portrait"> & {
    portrait: { state: "painting" } | { state: "painted"; base64: string } | Portrait;
  })[];
};
const firstReleaseKey = (id: string) => `keepsake drafts of ${id}`;

/** Adds what the first release stored. */
function adopt(document: DraftsDocument, { theme, title, story, drafts }: FirstReleaseDrafts) {
  const portraits: [string, string][] = [];
  const added = drafts.flatMap((draft): Draft[] => {
    if (document.drafts.some(({ key }) => key === draft.key) || !draft.character) return [];
    const { portrait } = draft;
    const theirs = { theme, ...draft };
    if (portrait.state === "painting")
      return [{ ...theirs, portrait: { state: "missing", why: "Repaint this portrait." } }];
    if (!("base64" in portrait)) return [{ ...theirs, portrait: portrait as Portrait }];
    const portrait_id = crypto.randomUUID();
    portraits.push([portrait_id, portrait.base64]);
    return [{ ...theirs, portrait: { state: "painted", portrait_id } }];
  });
  const adopted: DraftsDocument = {
    ...document,
    form: { ...document.form, theme: document.form.theme || theme },
    title: document.title || title,
    story: document.story || story,
    drafts: [...document.drafts, ...added],
  };
  return { document: adopted, portraits };
}
