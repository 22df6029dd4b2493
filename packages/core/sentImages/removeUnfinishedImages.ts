import * as erasures from "../erasures/erasures.ts";
import { possibleObjects } from "../images/imageObjectsToErase.ts";
import type { Services } from "../ports.ts";
import * as rows from "./createImage.sql.ts";

/**
 * Deletes up to `limit` images whose requests or backfills have ended without publishing or rejecting them, and
 * lists for erasing what they may have stored. Resolves to the number of images.
 */
export function removeUnfinished({ sql }: Pick<Services, "sql">, limit: number): Promise<number> {
  return sql.begin(async (tx) => {
    const images = await rows.removeUnfinished(tx, limit);
    const owners = Map.groupBy(images, ({ owner_id }) => owner_id);
    for (const [owner_id, own] of owners) {
      const objects = own.flatMap(({ image_id, visibility }) =>
        possibleObjects(image_id, visibility),
      );
      await erasures.start(tx, owner_id, objects);
    }
    return images.length;
  });
}
