import { del, get, set } from "idb-keyval";
import type { Drafts } from "./draftsState.ts";

/** What is kept of the drafts in this browser, so that a reload or an ended session loses none. */
export type StoredDrafts = Pick<Drafts, "theme" | "drafts" | "title" | "story">;

/** Those of an earlier visit. A browser that keeps nothing has none. */
export const loadDrafts = (name: string): Promise<StoredDrafts | undefined> =>
  get<StoredDrafts>(keyOf(name)).catch(() => undefined);

export const storeDrafts = (name: string, drafts: StoredDrafts): Promise<void> =>
  set(keyOf(name), drafts).catch(() => {});

export const forgetDrafts = (name: string): Promise<void> => del(keyOf(name)).catch(() => {});

const keyOf = (name: string) => `keepsake drafts of ${name}`;
