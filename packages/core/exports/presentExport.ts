import type { Export } from "@keepsake/contract/exportSchemas";
import * as objectKeys from "../images/objectKeys.ts";
import type { Services } from "../ports.ts";

/** An export with its ready zips, as callers see it before their URLs are made. */
export type ExportRow = Omit<Export, "error" | "files"> & {
  error: string | null;
  error_code: NonNullable<Export["error"]>["code"] | null;
  zips: { file_index: number; filename: string; bytes: number; sha256: string }[];
};

/** An export as callers see it, with URLs of its zips that are valid for half an hour at least. */
export async function presentExport(
  { privateUrls }: Pick<Services, "privateUrls">,
  { error, error_code, zips, ...row }: ExportRow,
): Promise<Export> {
  const ready = row.status === "ready" ? zips : [];
  return {
    ...row,
    error: error_code && { code: error_code, message: error ?? "" },
    files: await Promise.all(
      ready.map(async ({ file_index, ...zip }) => {
        const key = objectKeys.exportFile(row.export_id, file_index);
        return { url: await privateUrls.presignGet(key), ...zip };
      }),
    ),
  };
}
