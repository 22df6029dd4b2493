import { baseName, type Folder } from "../exports/unpackZips.ts";

export type ImagefolderRow = { image: Buffer; text: string };

/**
 * The rows of the split `train` that huggingface/datasets (commit b7cb10b) makes of a folder with
 * `load_dataset("imagefolder", data_dir=…)`: the files of folders whose name is `train` (src/datasets/
 * data_files.py:43 to 47, 66 to 72), every `metadata.jsonl` among them (packaged_modules/folder_based_builder/
 * folder_based_builder.py:60, 83 to 121), whose columns must be the same (195 to 209), and the pictures that
 * each names, within its own folder (374 to 441).
 */
export function readAsImagefolder(unpacked: Folder): ImagefolderRow[] {
  const split = [...unpacked.keys()].filter((path) =>
    path.split("/").slice(0, -1).includes("train"),
  );
  const metadataFiles = split.filter((path) => baseName(path) === "metadata.jsonl").sort();
  const rows = metadataFiles.flatMap((path) => {
    const folder = path.slice(0, -baseName(path).length);
    const lines = unpacked.get(path)!.toString("utf8").split("\n");
    if (lines.pop() !== "") throw new Error(`The last line of ${path} does not end`);
    return lines.map((line) => ({ folder, ...(JSON.parse(line) as Record<string, unknown>) }));
  });
  const columns = new Set(rows.map(columnsOf));
  if (columns.size > 1) throw new Error(`Lines have different columns: ${[...columns]}`);
  return rows.map(({ folder, file_name, text }: Record<string, unknown>) => {
    const name = String(file_name);
    if (name.includes("://") || name.startsWith("/") || /(^|\/)\.\.(\/|$)/.test(name))
      throw new Error(`${name} is not within its folder`);
    const image = unpacked.get(`${folder}${name}`);
    if (!image) throw new Error(`${folder}${name} does not exist`);
    return { image, text: String(text) };
  });
}

/** The names and types of a line's columns, as Arrow infers them. */
const columnsOf = (row: Record<string, unknown>) =>
  Object.entries(row)
    .map(([name, value]) => `${name}: ${value === null ? "null" : typeof value}`)
    .join();
