import { createStore, promisifyRequest } from "idb-keyval";

/** A file that is not published yet. */
export type StoredUpload = {
  key: UploadKey;
  file: File;
  /** The tab that uploads it. */
  tab: string;
  /** What it is uploaded for besides the gallery. */
  place?: string | undefined;
};

/** The owner, when the file was added, and an id. Files of one owner follow each other in the order of their keys. */
export type UploadKey = [owner: string, order: number, id: string];

const store = createStore("keepsake uploads", "files");

/** Files that this browser could not store: they are there until the page is closed, also after the session. */
const unstored = new Map<string, StoredUpload>();

let last = 0;

/** A key after all others of this page. */
export function newUploadKey(owner: string): UploadKey {
  last = Math.max(Date.now(), last + 0.001);
  return [owner, last, crypto.randomUUID()];
}

/** Stores a file, which survives a reload from then on. Resolves to false when only this page has it. */
export async function storeUpload(upload: StoredUpload): Promise<boolean> {
  const id = upload.key[2];
  unstored.set(id, upload);
  try {
    await change((files) => files.put(upload, upload.key));
  } catch {
    return false;
  }
  unstored.delete(id);
  return true;
}

/** Those of one owner, oldest first. Without `tab` those of every tab. */
export async function storedUploads(owner: string, tab?: string): Promise<StoredUpload[]> {
  const stored = await store(
    "readonly",
    (files) => promisifyRequest(files.getAll(allOf(owner))) as Promise<StoredUpload[]>,
  ).catch(() => []);
  return [...stored, ...ownUnstored(owner)].filter((upload) => !tab || upload.tab === tab);
}

export async function deleteStoredUpload({ key }: Pick<StoredUpload, "key">): Promise<void> {
  unstored.delete(key[2]);
  await change((files) => files.delete(key)).catch(() => {});
}

/** How many files of a person wait in this browser, in all tabs. */
export async function countStoredUploads(owner: string): Promise<number> {
  const stored = await store("readonly", (files) =>
    promisifyRequest(files.count(allOf(owner))),
  ).catch(() => 0);
  return stored + ownUnstored(owner).length;
}

/** Deletes the files of a person from this browser, for signing out and "Delete everything". */
export async function deleteStoredUploads(owner: string): Promise<void> {
  for (const { key } of ownUnstored(owner)) unstored.delete(key[2]);
  await change((files) => files.delete(allOf(owner))).catch(() => {});
}

function change(work: (files: IDBObjectStore) => void): Promise<unknown> {
  return store("readwrite", (files) => {
    work(files);
    return promisifyRequest(files.transaction);
  });
}

const ownUnstored = (owner: string) => [...unstored.values()].filter(({ key }) => key[0] === owner);

const allOf = (owner: string) => IDBKeyRange.bound([owner], [owner, []]);
