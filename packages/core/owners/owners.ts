import type { Output } from "@keepsake/contract/api";
import * as erasures from "../erasures/erasures.ts";
import { objectsOf } from "../images/images.ts";
import type { Services } from "../ports.ts";
import { portraitObjects } from "../worlds/worlds.ts";
import * as rows from "./owners.sql.ts";

/**
 * Deletes everything of an owner, linked Telegram accounts included: gone for readers at once, objects by
 * the sweep. Only the receipts of erasures stay.
 */
export async function erase(
  { sql }: Pick<Services, "sql">,
  { owner_id }: { owner_id: string },
): Promise<Output<"eraseOwner">> {
  return sql.begin(async (tx) => {
    const owners = await rows.lockOwners(tx, owner_id);
    const portraits = await rows.removeWorlds(tx, owners);
    const images = await rows.removeImages(tx, owners);
    await rows.forget(tx, owner_id);
    const objects = [...portraits.flatMap(portraitObjects), ...images.flatMap(objectsOf)];
    return { erasure: await erasures.start(tx, owner_id, objects) };
  });
}
