import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";

/**
 * Replaces a file atomically, readable by its owner only (mode 0600): a reader sees the old text or the
 * new text, never a part of one. Not flushed to disk, so a power failure may leave it empty.
 */
export async function writePrivateFile(file: string, text: string) {
  const temporary = `${file}.${randomUUID()}.tmp`; // in the same folder: a rename stays on one disk
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: "wx" });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
