import * as erasures from "../erasures/erasures.ts";
import { possibleObjects } from "../images/imageObjects.ts";
import type { Services } from "../ports.ts";
import * as rows from "./uploads.sql.ts";

/**
 * Rejects up to `limit` uploads whose time has passed, and resolves to their number. One whose completion
 * was begun may have been published by a process that died before it wrote the row: its objects are erased.
 */
export function expireUploads({ sql }: Pick<Services, "sql">, limit: number): Promise<number> {
  return sql.begin(async (tx) => {
    const expired = await rows.expire(tx, limit);
    const attempted = expired.filter(({ attempts }) => attempts > 0);
    for (const [owner_id, uploads] of Map.groupBy(attempted, (upload) => upload.owner_id))
      await erasures.start(
        tx,
        owner_id,
        uploads.flatMap(({ image_id, visibility }) => possibleObjects(image_id, visibility)),
      );
    return expired.length;
  });
}
