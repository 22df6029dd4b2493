import { isAccepted, withType } from "../../queue/checkFile.ts";

/** The files of a drop, and those in its folders that are accepted, in the order of their names. */
export async function droppedFiles(transfer: DataTransfer, accept: string): Promise<File[]> {
  // all entries first: the list is empty after the event
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return Array.from(transfer.files);
  const found = await Promise.all(
    entries.map(async (entry) => {
      if (!entry) return [];
      const files = await filesIn(entry);
      return entry.isFile ? files : files.filter((file) => isAccepted(withType(file), accept));
    }),
  );
  return found.flat();
}

/** The file, or all files in the folder and its folders. What cannot be read is left out. */
async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile)
    return new Promise((resolve) =>
      (entry as FileSystemFileEntry).file(
        (file) => resolve([file]),
        () => resolve([]),
      ),
    );
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const entries: FileSystemEntry[] = [];
  for (;;) {
    // browsers return at most 100 at a time
    const batch = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (batch.length === 0) break;
    entries.push(...batch);
  }
  entries.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return (await Promise.all(entries.map(filesIn))).flat();
}
