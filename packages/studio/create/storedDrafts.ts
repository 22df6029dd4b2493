import { del, get, set } from "idb-keyval";
import type { Drafts } from "./draftsReducer.ts";

/** What is kept of the drafts in this browser, so that a reload or an ended session loses none. */
export type StoredDrafts = Pick<Drafts, "theme" | "drafts" | "title" | "story">;

/** Those of an earlier visit. A browser that keeps nothing has none. */
export const loadDrafts = (id: string): Promise<StoredDrafts | undefined> =>
  get<StoredDrafts>(keyOf(id)).catch(() => undefined);

export const storeDrafts = (id: string, drafts: StoredDrafts): Promise<void> =>
  set(keyOf(id), drafts).catch(() => {});

export const forgetDrafts = (id: string): Promise<void> => del(keyOf(id)).catch(() => {});

const keyOf = (id: string) => `keepsake drafts of ${id}`;
