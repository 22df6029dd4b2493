import { SweepEvent } from "@keepsake/contract/messages";
import { sweep } from "@keepsake/core/sweep";
import { logFailure } from "./runtime/log.ts";
import { scheduled } from "./runtime/scheduledFunction.ts";
import { images, incoming, privateImages } from "./services/buckets.ts";
import { cdn } from "./services/cdn.ts";
import { sql } from "./services/database.ts";
import { exportStore } from "./services/exportStore.ts";
import {
  eventQueue,
  exportQueue,
  portraitQueue,
  rehostQueue,
  uploadQueue,
} from "./services/queues.ts";

/** Every `SWEEP_MINUTES`: finishes work that was left unfinished. */
export const handler = scheduled(
  "sweep",
  SweepEvent,
  (event) =>
    sweep(
      {
        sql: sql(),
        portraitQueue: portraitQueue(),
        rehostQueue: rehostQueue(),
        uploadQueue: uploadQueue(),
        exportQueue: exportQueue(),
        eventQueue: eventQueue(),
        images: images(),
        privateImages: privateImages(),
        exportStore: exportStore(),
        incoming: incoming(),
        cdn: cdn(),
        onNotRemoved: (objects, error) =>
          logFailure("objects were not removed: a later sweep tries again", error, { objects }),
      },
      event,
    ),
  ({ erasure_overdue_seconds }) => ({ erasure_overdue_seconds }),
);
