import { ExportMessage } from "@keepsake/contract/messages";
import { exportDataset } from "@keepsake/core/exports/exportDataset";
import { logExportOutcome } from "./runtime/logExportOutcome.ts";
import { consumer } from "./runtime/queueConsumer.ts";
import { images, privateImages } from "./services/buckets.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { exportStore } from "./services/exportStore.ts";
import { queueEventsAfter } from "./services/queueEventsAfter.ts";
import { exportQueue } from "./services/queues.ts";

/** `ExportQueue`: writes the zips of exports. */
export const handler = consumer(ExportMessage, (messages, { about }) =>
  queueEventsAfter(
    {
      onOutcome: (message, outcome) => about(message, () => logExportOutcome(message, outcome)),
      idOf: ({ export_id }: ExportMessage) => export_id,
    },
    (onOutcome: typeof logExportOutcome) =>
      exportDataset(
        {
          sql: sql(),
          images: images(),
          privateImages: privateImages(),
          decoder: decoder(),
          exportStore: exportStore(),
          exportQueue: exportQueue(),
          onOutcome,
        },
        messages,
      ),
  ),
);
