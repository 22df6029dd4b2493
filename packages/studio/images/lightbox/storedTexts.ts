import { unsavedTexts } from "../../session/unsavedTexts.ts";

/** Texts of images that were typed and may not be saved yet: of which image, and of which of its fields. */
export const storedTexts = unsavedTexts<[image_id: string, field: string]>("image text");
