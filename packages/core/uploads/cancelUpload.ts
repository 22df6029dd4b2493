import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import * as erasures from "../erasures/erasures.ts";
import { imageObjectsToErase } from "../images/imageObjectsToErase.ts";
import * as images from "../images/images.sql.ts";
import type { Services } from "../ports.ts";
import { uploadNotFound } from "./uploadErrors.ts";
import * as rows from "./uploads.sql.ts";

/**
 * Deletes an upload that is not published, so that it no longer counts as pending. What arrived, or still
 * arrives, is erased once its URL has expired. Nothing is left to cancel of an upload that was rejected or
 * cancelled before. `upload.completed` when it is published.
 */
export function cancelUpload(
  { sql }: Pick<Services, "sql">,
  { owner_id, upload_id }: Input<"cancelUpload"> & { owner_id: string },
): Promise<Output<"cancelUpload">> {
  return sql.begin(async (tx) => {
    const upload = await rows.lock(tx, owner_id, upload_id);
    const subject = `image:${upload_id}` as const;
    if (!upload) {
      if (await erasures.isErased(tx, owner_id, subject)) return undefined;
      throw uploadNotFound();
    }
    if (upload.status === "published")
      throw new AppError("upload.completed", "This upload is published: delete its image instead");
    if (upload.status === "rejected") return undefined;
    await images.remove(tx, [upload_id]);
    // an upload that was never attempted has stored nothing else, and its row is locked
    const objects = imageObjectsToErase(upload).filter(
      ({ bucket }) => bucket === "incoming" || upload.attempts > 0,
    );
    await erasures.start(tx, owner_id, objects, subject);
    return undefined;
  });
}
