import type { Output } from "@keepsake/contract/api";
import * as erasures from "../erasures/erasures.ts";
import * as events from "../events/events.sql.ts";
import { lockSnapshots } from "../exports/everything/takeSnapshot.sql.ts";
import { removeExportsOf } from "../images/endExports.ts";
import { imageObjectsToErase } from "../images/imageObjectsToErase.ts";
import { portraitObjectsToErase } from "../images/portraitObjectsToErase.ts";
import { lockLinkedOwners } from "../linkedOwners.sql.ts";
import type { Services } from "../ports.ts";
import * as rows from "./eraseOwner.sql.ts";

/**
 * Deletes everything an owner has, including what linked Telegram accounts have. Readers no longer see it;
 * the sweep removes the objects. Only the receipts of erasures and the events about them stay. A repeated request that finds nothing
 * more to remove gets the same erasure.
 */
export async function erase(
  { sql }: Pick<Services, "sql">,
  { owner_id }: { owner_id: string },
): Promise<Output<"eraseOwner">> {
  return sql.begin(async (tx) => {
    await lockSnapshots(tx, owner_id);
    const owners = await lockLinkedOwners(tx, owner_id);
    await rows.removeRequests(tx, owner_id);
    const portraits = await rows.removeWorlds(tx, owners);
    // datasets, images, items, exports: whatever changes or deletes these takes them in this order
    await rows.lockDatasets(tx, owners);
    await rows.lockImages(tx, owners);
    await rows.lockItems(tx, owners);
    const images = await rows.removeImages(tx, owners);
    const image_ids = images.map(({ image_id }) => image_id);
    const zips = await removeExportsOf(tx, owners, image_ids);
    await rows.removeDatasets(tx, owners);
    await rows.removeNewRequests(tx, owner_id);
    await rows.removeTelegramLinks(tx, owner_id);
    await events.removeOf(tx, owners);
    const objects = [
      ...portraits.flatMap(portraitObjectsToErase),
      ...images.flatMap(imageObjectsToErase),
      ...zips,
    ];
    const repeated = objects.length === 0 && (await erasures.repeated(tx, owner_id, "owner"));
    return { erasure: repeated || (await erasures.start(tx, owner_id, objects, "owner")) };
  });
}
