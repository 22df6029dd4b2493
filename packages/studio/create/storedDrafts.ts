import { del, get, set } from "idb-keyval";
import { useEffect, useState } from "react";
import type { DraftsState } from "./characterDraftsReducer.ts";

/** The part of the drafts that this browser stores, so that a reload or an expired session loses none. */
export type StoredDrafts = Pick<DraftsState, "theme" | "drafts" | "title" | "story">;

/** Restores the drafts of an earlier visit, and stores those of this one until they are saved as a world. */
export function useStoredDrafts(
  id: string,
  state: DraftsState,
  restore: (drafts: StoredDrafts) => void,
) {
  const [isLoaded, setIsLoaded] = useState(false);
  const { theme, drafts, title, story, saved } = state;
  useEffect(() => {
    load(id).then((stored) => {
      if (stored) restore(stored);
      setIsLoaded(true);
    });
  }, [id]);
  useEffect(() => {
    if (!isLoaded) return;
    const isWorthStoring = drafts.length > 0 && !saved;
    const timer = setTimeout(
      () => (isWorthStoring ? store(id, { theme, drafts, title, story }) : deleteStoredDrafts(id)),
      200, // stream events often arrive several at a time
    );
    return () => clearTimeout(timer);
  }, [id, isLoaded, theme, drafts, title, story, saved]);
}

export const deleteStoredDrafts = (id: string): Promise<void> => del(keyOf(id)).catch(() => {});

/** Undefined as well when the browser cannot store anything. */
const load = (id: string): Promise<StoredDrafts | undefined> =>
  get<StoredDrafts>(keyOf(id)).catch(() => undefined);

const store = (id: string, drafts: StoredDrafts): Promise<void> =>
  set(keyOf(id), drafts).catch(() => {});

const keyOf = (id: string) => `keepsake drafts of ${id}`;
