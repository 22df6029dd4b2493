import type { ErrorCode } from "@keepsake/contract/errors";
import type { JSONValue } from "postgres";
import * as erasures from "../erasures/erasures.ts";
import type { Services } from "../ports.ts";
import { possibleObjects } from "./imageObjectsToErase.ts";
import * as rows from "./images.sql.ts";

/**
 * Marks a pending image as impossible to publish, with the reason. What an earlier attempt may have stored
 * is erased: the last `storedNothing` attempts, one by default, have stored nothing. With `source` only
 * if the image still has that source. Resolves to false when the image is not pending, or has another one.
 */
export function rejectImage(
  { sql }: Pick<Services, "sql">,
  image_id: string,
  error_code: ErrorCode,
  error: string,
  { storedNothing = 1, source }: { storedNothing?: number; source?: JSONValue } = {},
): Promise<boolean> {
  return sql.begin(async (tx) => {
    const rejected = await rows.markRejected(tx, image_id, error_code, error, source);
    if (!rejected) return false;
    if (rejected.attempts > storedNothing)
      await erasures.start(tx, rejected.owner_id, possibleObjects(image_id, rejected.visibility));
    return true;
  });
}
