import type { Services } from "../../ports.ts";
import type { ClaimedFile } from "../exportFiles.sql.ts";
import type { ZipEntry } from "../layouts/exportPlan.ts";
import { type OriginalPicture, readOriginal } from "./originalPicture.ts";
import * as rows from "./readSnapshot.sql.ts";
import { textFiles } from "./textFiles.ts";

/**
 * The files of one zip of an export of everything, in order: with the first zip the text files, then pictures as
 * they are stored, and last, where some could not be read, `missing.jsonl`: a picture that is lost must not keep
 * its owner from the others.
 */
export async function everythingEntries(
  services: Pick<Services, "sql" | "images" | "privateImages">,
  file: ClaimedFile,
) {
  const { sql } = services;
  const { export_id, file_index, files } = file;
  const pictures = await rows.findPictures(sql, file);
  const missing = new Map<OriginalPicture, string>();

  const entries: ZipEntry<OriginalPicture>[] = [
    ...(file_index === 0
      ? textFiles.map((name) => ({ name, parts: () => rows.readText(sql, export_id, name) }))
      : []),
    ...pictures.map((picture) => ({ name: picture.name, picture })),
    {
      name: files === 1 ? "missing.jsonl" : `missing-${file_index + 1}.jsonl`,
      parts: () => (missing.size > 0 ? missingLines() : undefined),
    },
  ];

  async function readPicture(picture: OriginalPicture): Promise<Buffer | undefined> {
    const read = await readOriginal(services, picture);
    if (typeof read !== "string") return read;
    missing.set(picture, read);
    return undefined;
  }

  /** In the order of the pictures: reads end in any order, and the same content must give the same bytes. */
  async function* missingLines() {
    for (const picture of pictures) {
      const reason = missing.get(picture);
      const { name: file, image_id, piece_id } = picture;
      if (reason) yield `${JSON.stringify({ file, image_id, piece_id, reason })}\n`;
    }
  }

  return { entries, readPicture };
}
