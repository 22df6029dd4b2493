import { type StoredUpload, storedUploads, storeUpload } from "./storedUploads.ts";

type Options = {
  owner: string;
  /** Ends with the session. */
  signal: AbortSignal;
  /** Called with the files that this tab uploads from now on: its own before a reload, and those of tabs that closed. */
  onFiles(files: StoredUpload[]): void;
};

/** A tab among those of the same person in this browser. */
export type UploadTab = {
  /** Its name, which it keeps when it is reloaded. */
  name: Promise<string>;
  /** Tells the other tabs that this one has files, so that one of them goes on when it closes. */
  announce(): void;
};

/** A tab that is reloaded is back by then, and goes on itself. */
const reloadMs = 3_000;

/**
 * Shares the stored files among a person's tabs: each file is uploaded by one of them. A tab holds a lock as long as it
 * is open; the tabs that wait for this lock take over its files.
 */
export function joinUploadTabs({ owner, signal, onFiles }: Options): UploadTab {
  const channel = new BroadcastChannel("keepsake uploads");
  signal.addEventListener("abort", () => channel.close());
  const watched = new Set<string>();
  const name = hold(owner, signal);
  const announce = () =>
    void name.then((tab) => signal.aborted || channel.postMessage({ owner, tab }));

  channel.onmessage = ({ data }: MessageEvent<{ owner: string; tab: string }>) => {
    if (data.owner === owner) watch(data.tab);
  };
  name.then(async (own) => {
    const stored = await storedUploads(owner);
    if (signal.aborted) return;
    onFiles(stored.filter(({ tab }) => tab === own));
    for (const { tab } of stored) if (tab !== own) watch(tab);
  });
  return { name, announce };

  function watch(tab: string) {
    if (watched.has(tab)) return;
    watched.add(tab);
    takeOver(tab)
      .catch(() => {}) // the session ended
      .finally(() => watched.delete(tab));
  }

  async function takeOver(tab: string) {
    const own = await name;
    const take = () => takeFiles({ owner, signal }, tab, own);
    const lock = lockOf(owner, tab);
    let files = await ifFree(lock, take);
    while (!files) {
      await navigator.locks.request(lock, { signal }, () => {}); // until it closes
      await new Promise((resolve) => setTimeout(resolve, reloadMs));
      signal.throwIfAborted();
      files = await ifFree(lock, take);
    }
    if (files.length > 0) onFiles(files);
  }
}

/** The names of the open tabs of a person. */
export async function openTabs(owner: string): Promise<Set<string>> {
  const { held = [] } = await navigator.locks.query();
  const prefix = lockOf(owner, "");
  return new Set(
    held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])),
  );
}

/** Makes the files of a tab that is closed this tab's. */
async function takeFiles(
  { owner, signal }: Pick<Options, "owner" | "signal">,
  tab: string,
  own: string,
) {
  const files = (await storedUploads(owner, tab)).map((file) => ({ ...file, tab: own }));
  signal.throwIfAborted();
  await Promise.all(files.map(storeUpload));
  return files;
}

/** Holds this tab's lock until the session ends, and resolves to its name: that of before a reload, if it is free. */
async function hold(owner: string, signal: AbortSignal): Promise<string> {
  const before = sessionStorage.getItem(nameKey);
  // another tab has the name when this one was opened by duplicating it
  const tab = before && (await holdLock(lockOf(owner, before), signal)) ? before : undefined;
  if (tab) return tab;
  const fresh = crypto.randomUUID();
  sessionStorage.setItem(nameKey, fresh);
  await holdLock(lockOf(owner, fresh), signal);
  return fresh;
}

/** False when it is not free within a second, in which the page before a reload may still be ending. */
function holdLock(lock: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    navigator.locks
      .request(lock, { signal: AbortSignal.any([signal, AbortSignal.timeout(1_000)]) }, () => {
        resolve(true);
        return new Promise<void>((release) => {
          if (signal.aborted) release();
          signal.addEventListener("abort", () => release());
        });
      })
      .catch(() => resolve(false));
  });
}

const ifFree = <Result>(lock: string, work: () => Promise<Result>) =>
  navigator.locks.request(lock, { ifAvailable: true }, (free) => (free ? work() : undefined));

const nameKey = "keepsake.tab";
const lockOf = (owner: string, tab: string) => `keepsake uploads ${JSON.stringify(owner)} ${tab}`;
