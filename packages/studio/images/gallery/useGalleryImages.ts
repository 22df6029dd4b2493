import { useMemo, useSyncExternalStore } from "react";
import { type Session, useSession } from "../../session/SessionProvider.tsx";
import { type GalleryFilter, searchOf } from "./galleryFilter.ts";
import { createImageList, type ImageList } from "./imageList.ts";

/** More lists are forgotten, the oldest first: a search makes one for every word. */
const maxLists = 10;

const sessions = new WeakMap<Session, Map<string, ImageList>>();

/** The images of a filter. They stay loaded while other sections are shown, and follow each change that this page makes. */
export function useGalleryImages(filter: GalleryFilter) {
  const session = useSession();
  const key = searchOf(filter);
  const list = useMemo(() => listOf(session, key, filter), [session, key]);
  const state = useSyncExternalStore(list.subscribe, list.getSnapshot);
  return { ...state, list };
}

function listOf(session: Session, key: string, filter: GalleryFilter): ImageList {
  const lists = sessions.get(session) ?? listsOf(session);
  const list = lists.get(key) ?? createImageList(session.client, filter);
  lists.delete(key);
  lists.set(key, list);
  for (const [oldKey, old] of lists)
    if (lists.size > maxLists && !old.isShown()) lists.delete(oldKey);
  return list;
}

function listsOf(session: Session) {
  const lists = new Map<string, ImageList>();
  sessions.set(session, lists);
  session.imageChanges.subscribe((change) => {
    for (const list of lists.values()) list.change(change);
  });
  return lists;
}
