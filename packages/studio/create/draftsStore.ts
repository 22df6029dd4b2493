import type { Change } from "./changeDrafts.ts";
import { endRunsOf } from "./changeGeneration.ts";
import { type DraftsDocument, emptyDocument, tabsAtWork } from "./draftsDocument.ts";
import { draftsChannel, storeChanges, storedDocument, storedPortrait } from "./storedDrafts.ts";
import { holdTab, whenTabEnds } from "./tabLocks.ts";

export type DraftsSnapshot = {
  document: DraftsDocument;
  /** Base64 by id, of those that are loaded. */
  portraits: ReadonlyMap<string, string>;
  isLoaded: boolean;
  /** The browser stores nothing: everything is lost when the page is left. */
  cannotStore: boolean;
};

export type DraftsStore = ReturnType<typeof openDraftsStore>;

/**
 * The drafts of one person in this browser, the same in all its tabs. A change is shown at once, and is stored by
 * applying it again to what is stored then: so changes of several tabs merge.
 */
export function openDraftsStore(id: string) {
  const tab: string = crypto.randomUUID();
  const releaseTab = holdTab(tab);
  const watched = new Map([[tab, () => {}]]);
  const listeners = new Set<() => void>();
  const loading = new Map<string, Promise<string | undefined>>();
  let snapshot: DraftsSnapshot = {
    document: emptyDocument,
    portraits: new Map(),
    isLoaded: false,
    cannotStore: false,
  };
  let stored = emptyDocument;
  let pending: Change[] = [];
  let unstored = new Map<string, string>();
  let storing: Promise<void> | undefined;
  let epoch = 0;
  let isClosed = false;

  const show = (changes: Partial<DraftsSnapshot>) => {
    snapshot = { ...snapshot, ...changes };
    for (const other of tabsAtWork(snapshot.document))
      if (!isClosed && !watched.has(other))
        watched.set(
          other,
          whenTabEnds(other, () => change(endRunsOf(other))),
        );
    for (const listener of listeners) listener();
  };
  const apply = (changes: Change[], document: DraftsDocument) =>
    changes.reduce((latest, change) => change(latest), document);

  const storeAll = async () => {
    for (let isFirst = !snapshot.isLoaded; isFirst || pending.length > 0; isFirst = false) {
      const batch = pending;
      const startedIn = epoch;
      let after: DraftsDocument;
      try {
        after = await storeChanges(id, batch, unstored, stored);
      } catch {
        show({ cannotStore: true, isLoaded: true }); // tried again with the next change
        return;
      }
      if (startedIn !== epoch) continue;
      const isChanged = after !== stored;
      stored = after;
      pending = pending.slice(batch.length);
      if (pending.length === 0) unstored = new Map();
      show({ document: apply(pending, stored), isLoaded: true, cannotStore: false });
      if (isChanged && !isClosed) channel.postMessage("changed");
    }
  };
  const store = () => {
    storing ??= storeAll().finally(() => {
      storing = undefined;
    });
    return storing;
  };

  /** Resolves when it is stored. */
  const change = async (one: Change, portraits: [id: string, base64: string][] = []) => {
    if (isClosed) return;
    for (const [portrait_id, base64] of portraits) unstored.set(portrait_id, base64);
    pending = [...pending, one];
    const added = portraits.length > 0 && new Map([...snapshot.portraits, ...portraits]);
    show({ document: one(snapshot.document), ...(added && { portraits: added }) });
    do await store();
    while (pending.includes(one) && !snapshot.cannotStore);
  };

  /** Reads what another tab has stored. */
  const refresh = async () => {
    const startedIn = epoch;
    const document = await storedDocument(id).catch(() => stored);
    if (startedIn !== epoch || document.revision <= stored.revision) return;
    stored = document;
    show({ document: apply(pending, stored) });
  };

  const empty = () => {
    epoch += 1;
    stored = emptyDocument;
    pending = [];
    unstored = new Map();
    show({ document: emptyDocument, portraits: new Map() });
  };

  const channel = draftsChannel(id);
  channel.onmessage = ({ data }) => (data === "deleted" ? empty() : refresh());
  const warn = (event: Event) => {
    if (pending.length > 0) event.preventDefault();
  };
  addEventListener("beforeunload", warn);
  store();

  return {
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get: () => snapshot,
    change,
    refresh,
    /** For something that this tab generates. */
    newRun: () => `${tab}/${crypto.randomUUID()}`,
    isMine: (run: string) => run.startsWith(`${tab}/`),
    /** Loads a portrait unless it is there already; undefined when it is gone. */
    async loadPortrait(portrait_id: string): Promise<string | undefined> {
      const known = snapshot.portraits.get(portrait_id);
      if (known !== undefined) return known;
      const running = loading.get(portrait_id);
      if (running) return running;
      const load = storedPortrait(id, portrait_id).catch(() => undefined);
      loading.set(portrait_id, load);
      const base64 = await load;
      loading.delete(portrait_id);
      if (base64 !== undefined)
        show({ portraits: new Map([...snapshot.portraits, [portrait_id, base64]]) });
      return base64;
    },
    /** Frees the memory of a portrait that is shown from elsewhere. */
    dropPortrait(portrait_id: string) {
      show({ portraits: new Map([...snapshot.portraits].filter(([id]) => id !== portrait_id)) });
    },
    /** Ends what this tab generates. What is not stored yet still is. */
    close() {
      change(endRunsOf(tab));
      isClosed = true;
      for (const stopWatching of watched.values()) stopWatching();
      removeEventListener("beforeunload", warn);
      channel.close();
      Promise.resolve(storing).finally(releaseTab);
    },
  };
}
