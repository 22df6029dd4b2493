import type { UpdateImageRequest } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";
import { useEffect, useSyncExternalStore } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { storedTexts } from "./storedTexts.ts";
import { createTextStore, type TextField, type TextStore, type TypedText } from "./textStore.ts";
import { type ImageActions, useImageActions } from "./useImageActions.ts";

/** By client: texts are saved in the background also when another image or page is shown. */
const stores = new WeakMap<object, TextStore>();

/** The texts of images that are typed in this session; those that an earlier visit could not save are sent first. */
export function useTextStore(): TextStore {
  const { client, id } = useSession();
  const { update } = useImageActions();
  const store = stores.get(client) ?? startStore(id, update);
  stores.set(client, store);
  useEffect(() => {
    const retry = () => void store.retry();
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, [store]);
  return store;
}

/** The text that was typed and not saved, or saved a moment ago. */
export function useTypedText(
  store: TextStore,
  image_id: string,
  field: TextField,
): TypedText | undefined {
  return useSyncExternalStore(store.subscribe, () => store.get(image_id, field));
}

function startStore(owner: string, update: ImageActions["update"]): TextStore {
  const store = createTextStore({
    send: (image_id, field, value) => update(image_id, changeOf(field, value)),
    keep: (image_id, field, value) => storedTexts.store(owner, [image_id, field], value),
    discard: (image_id, field) => storedTexts.delete(owner, [image_id, field]),
  });
  for (const { path, value } of storedTexts.of(owner)) {
    const [image_id, field] = path;
    store.type(image_id, field as TextField, value);
  }
  void store.retry();
  return store;
}

/** An empty text is none. */
const changeOf = (field: TextField, value: string): Omit<UpdateImageRequest, "image_id"> =>
  field === "tags" ? { tags: JSON.parse(value) } : { [field]: value.trim() || null };

/** What is stored of a field, as it is typed. */
export const storedValue = (image: Image, field: TextField): string => {
  if (field === "newTag") return "";
  return field === "tags" ? JSON.stringify(image.tags) : (image[field] ?? "");
};
