import { deleteStoredDrafts, hasStoredDrafts } from "../create/storedDrafts.ts";
import { deleteStoredCaptions, hasStoredCaptions } from "../datasets/captions/storedCaptions.ts";
import { storedTexts } from "../images/lightbox/storedTexts.ts";
import { countStoredUploads, deleteStoredUploads } from "../images/uploads/storedUploads.ts";
import { pluralize, shorten } from "../ui/format.ts";
import { deleteStoredEdits, hasStoredEdits } from "../worlds/edits/storedEdits.ts";

/** What this browser alone has of a person, and signing out deletes. */
export type BrowserData = {
  uploads: number;
  drafts: boolean;
  captions: boolean;
  /** Of images: alt texts, names and the like. */
  texts: boolean;
  /** Of worlds and characters, and what was generated for a world and not added. */
  worlds: boolean;
  /** Of those worlds, where they are known. */
  worldTitles?: string[];
};

export async function browserDataOf(id: string): Promise<BrowserData> {
  const [uploads, drafts, worlds] = await Promise.all([
    countStoredUploads(id),
    hasStoredDrafts(id),
    hasStoredEdits(id),
  ]);
  return {
    uploads,
    drafts,
    captions: hasStoredCaptions(id),
    texts: storedTexts.of(id).length > 0,
    worlds,
  };
}

export const isNothing = ({ uploads, drafts, captions, texts, worlds }: BrowserData) =>
  uploads === 0 && !drafts && !captions && !texts && !worlds;

/** `5 uploads, unsaved characters and unsaved captions`. */
export const browserDataText = ({
  uploads,
  drafts,
  captions,
  texts,
  worlds,
  worldTitles = [],
}: BrowserData): string =>
  lists.format([
    ...(uploads > 0 ? [pluralize(uploads, "upload")] : []),
    ...(drafts ? ["unsaved characters"] : []),
    ...(captions ? ["unsaved captions"] : []),
    ...(texts ? ["unsaved texts of images"] : []),
    ...(worlds
      ? [
          `unsaved changes of ${worldTitles.length > 0 ? lists.format(worldTitles.map(quote)) : "worlds"}`,
        ]
      : []),
  ]);

const quote = (title: string) => `“${shorten(title)}”`;

const lists = new Intl.ListFormat("en-GB");

/** Deletes all that this browser stores of a person, but their sign-in. */
export async function deleteBrowserData(id: string): Promise<void> {
  localStorage.removeItem(phoneKey(id));
  storedTexts.deleteAll(id);
  deleteStoredCaptions(id);
  await Promise.all([deleteStoredUploads(id), deleteStoredDrafts(id), deleteStoredEdits(id)]);
}

/** Where the id of a person's simulated phone is stored. */
export const phoneKey = (id: string) => `keepsake.phone.${id}`;
