import { safeFolderName } from "../layouts/safeFolderName.ts";

/**
 * The name of an image in a zip, such as `images/harbour_019a8b2f-0c5e-7d94-a1b7-0e2f84c6d913.jpg`: people know it by
 * its file name, the id makes it unique among all zips, and the extension is that of the stored bytes.
 */
export function imageName(image_id: string, filename: string | null, key: string): string {
  const stem = (filename ?? "").replace(/\.[A-Za-z0-9]{1,5}$/, "");
  return `images/${named(stem, image_id)}${key.slice(key.lastIndexOf("."))}`;
}

/** The name of a character's portrait, such as `portraits/Mira_019a8b2c-7d41-7a10-8b6f-52c0de9a7f31.png`. */
export const portraitName = (piece_id: string, name: string): string =>
  `portraits/${named(name, piece_id)}.png`;

/** Safe words are cut to leave room for the id: file systems take 255 bytes. */
function named(words: string, id: string): string {
  const safe = safeFolderName("", words).replace(/^[ .]+/, "");
  return safe === "" ? id : `${safe}_${id}`;
}
