import { unsavedTexts } from "../../session/unsavedTexts.ts";

/** A caption that the API may not have yet. This browser stores it until it is saved, so that leaving the page loses none. */
type StoredCaption = { dataset_id: string; image_id: string; caption: string };

const captions = unsavedTexts<[dataset_id: string, image_id: string]>("caption");

export const storeCaption = (owner: string, { dataset_id, image_id, caption }: StoredCaption) =>
  captions.store(owner, [dataset_id, image_id], caption);

export const deleteStoredCaption = (
  owner: string,
  { dataset_id, image_id }: Omit<StoredCaption, "caption">,
) => captions.delete(owner, [dataset_id, image_id]);

/** Empty as well when the browser cannot store anything. */
export const storedCaptions = (owner: string): StoredCaption[] =>
  captions.of(owner).map(({ path: [dataset_id, image_id], value }) => ({
    dataset_id,
    image_id,
    caption: value,
  }));

export const deleteStoredCaptionsOf = (owner: string, dataset_id: string) => {
  for (const stored of storedCaptions(owner))
    if (stored.dataset_id === dataset_id) deleteStoredCaption(owner, stored);
};

/** Whether this browser stores captions of a person that may not be saved. */
export const hasStoredCaptions = (owner: string) => captions.of(owner).length > 0;

/** Deletes the captions that this browser stores for a person. */
export const deleteStoredCaptions = (owner: string) => captions.deleteAll(owner);
