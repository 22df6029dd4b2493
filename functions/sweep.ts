import { SweepEvent } from "@keepsake/contract/messages";
import { sweep } from "@keepsake/core/sweep";
import { scheduled } from "./runtime/schedule.ts";
import { cdn, images, incoming, portraitQueue, rehostQueue, sql } from "./services/services.ts";

/** Every minute: finishes what was left behind. */
export const handler = scheduled("sweep", SweepEvent, (event) =>
  sweep(
    {
      sql: sql(),
      portraitQueue: portraitQueue(),
      rehostQueue: rehostQueue(),
      images: images(),
      incoming: incoming(),
      cdn: cdn(),
    },
    event,
  ),
);
