/** Where a zip is written. Without `file` the browser cannot write to the disk piece by piece, and gets it whole. */
export type ZipTarget = { name: string; file?: FileSystemFileHandle };

type SavePicker = (options: {
  suggestedName: string;
  types: { accept: Record<string, string[]> }[];
}) => Promise<FileSystemFileHandle>;

/** Asks for the file where the browser can. Undefined when the person has cancelled. Call it in a click's handler. */
export async function chooseZipTarget(): Promise<ZipTarget | undefined> {
  const name = `keepsake-${new Date().toISOString().slice(0, 10)}.zip`;
  const { showSaveFilePicker } = window as { showSaveFilePicker?: SavePicker };
  if (!showSaveFilePicker) return { name };
  try {
    const types = [{ accept: { "application/zip": [".zip"] } }];
    const file = await showSaveFilePicker({ suggestedName: name, types });
    return { name: file.name, file };
  } catch (error) {
    return (error as Error).name === "AbortError" ? undefined : { name };
  }
}
