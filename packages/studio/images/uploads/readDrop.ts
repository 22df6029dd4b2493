import { uploadTypes } from "@keepsake/contract/uploadTypesAndHeaders";

export type ReadDrop = {
  /** The files of the drop, and the pictures in its folders, in the order of their names. */
  pictures: File[];
  /** The names of the other files in its folders. */
  others: string[];
};

/** Reads a drop with its folders and theirs. Call it in the event: afterwards the drop is empty. */
export async function readDrop(transfer: DataTransfer): Promise<ReadDrop> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory))
    return { pictures: Array.from(transfer.files), others: [] };
  const read: ReadDrop = { pictures: [], others: [] };
  for (const entry of entries) if (entry) await readEntry(entry, read, { isChosen: entry.isFile });
  return read;
}

/** A file that was dropped itself is uploaded whatever it is, so that it fails with its reason. */
async function readEntry(entry: FileSystemEntry, read: ReadDrop, { isChosen = false } = {}) {
  if (isSystemFile.test(entry.name)) return;
  if (entry.isDirectory) {
    for (const child of await childrenOf(entry as FileSystemDirectoryEntry))
      await readEntry(child, read);
    return;
  }
  const file = await fileOf(entry as FileSystemFileEntry).catch(() => undefined);
  if (file && (isChosen || isPicture(file))) read.pictures.push(file);
  else read.others.push(entry.name);
}

async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    // browsers return at most 100 at a time
    const some = await new Promise<FileSystemEntry[]>((resolve) =>
      reader.readEntries(resolve, () => resolve([])),
    );
    if (some.length === 0) break;
    children.push(...some);
  }
  return children.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

const fileOf = (entry: FileSystemFileEntry) =>
  new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** By its type; by its name when the browser knows no type. */
const isPicture = ({ type, name }: File) =>
  type === ""
    ? /\.(png|jpe?g|webp|avif|gif)$/i.test(name)
    : (uploadTypes as readonly string[]).includes(type);

/** Written by Finder and Explorer into every folder. */
const isSystemFile = /^(\..*|Thumbs\.db|desktop\.ini)$/i;
