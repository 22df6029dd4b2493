import { UploadMessage } from "@keepsake/contract/messages";
import { completeQueuedUploads } from "@keepsake/core/uploads/completeQueuedUploads";
import { consumer } from "./runtime/queueConsumer.ts";
import { images, incoming, privateImages } from "./services/buckets.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { queueEventsAfter } from "./services/queueEventsAfter.ts";

/** `UploadQueue`: publishes what arrived for uploads that their pages did not complete. */
export const handler = consumer(UploadMessage, (messages, { onOutcome }) =>
  queueEventsAfter({ onOutcome, idOf: ({ upload_id }) => upload_id }, (onOutcome) =>
    completeQueuedUploads(
      {
        sql: sql(),
        incoming: incoming(),
        images: images(),
        privateImages: privateImages(),
        decoder: decoder(),
        onOutcome,
      },
      messages,
    ),
  ),
);
