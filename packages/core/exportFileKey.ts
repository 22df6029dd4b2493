/** The key of a zip of an export, in the private bucket. Its files are numbered. */
export const exportFileKey = (export_id: string, file_index: number): string =>
  `${folder}${export_id}/${file_index}.zip`;

export const isExportFileKey = (key: string): boolean => key.startsWith(folder);

const folder = "exports/";
