import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { v7 as uuidv7 } from "uuid";
import { presentImage } from "../images/presentImage.ts";
import { isFull, ownerFull } from "../owners/storedBytes.ts";
import type { Services } from "../ports.ts";
import { sendOrMarkUnsent } from "../queueing.ts";
import * as rows from "./rehosts.sql.ts";

/**
 * Requests that an image of a platform is re-hosted, for another backend or bot. A source that is not a
 * file of the platform is `source.refused`. One that was published before is answered as it is, whatever
 * its visibility. A new one is `owner.full` when the owner has stored all that it may.
 */
export async function requestRehost(
  services: Pick<Services, "sql" | "rehostQueue" | "identify" | "privateUrls" | "ownerBytes">,
  {
    owner_id,
    source,
    visibility = "public",
    keep_prompt,
  }: Input<"rehostImage"> & { owner_id: string },
): Promise<Output<"rehostImage">> {
  const { platform } = source;
  const file =
    source.platform === "telegram"
      ? services.identify.telegram(source)
      : services.identify.discord(source);
  if (!file)
    throw new AppError("source.refused", `This is not the address of a file on ${platform}`);
  const rehost = { image_id: uuidv7(), owner_id, platform, visibility, keep_prompt, ...file };
  if (await isFull(services.sql, services, owner_id))
    if (!(await rows.findByReference(services.sql, rehost))) throw ownerFull(services.ownerBytes);
  await queueRehost(services, rehost);
  const image = await rows.findByReference(services.sql, rehost);
  return { image: await presentImage(services, image) };
}

/**
 * Writes the row, then queues the work: again for work that no worker has begun, because an earlier request
 * may have ended between the two. A queue that is down delays it until the next sweep.
 */
export async function queueRehost(
  { sql, rehostQueue }: Pick<Services, "sql" | "rehostQueue">,
  rehost: rows.NewRehost,
): Promise<void> {
  const image_id = (await rows.upsert(sql, rehost))
    ? (await rows.findByReference(sql, rehost)).image_id
    : await rows.findUnbegun(sql, rehost);
  if (image_id === undefined) return;
  await sendOrMarkUnsent(rehostQueue, [{ image_id }], (unsent) => rows.markUnsent(sql, unsent));
}
