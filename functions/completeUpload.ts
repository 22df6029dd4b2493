import { uploadRoutes } from "@keepsake/contract/api/uploads";
import type { UploadMessage } from "@keepsake/contract/messages";
import { completeUpload } from "@keepsake/core/uploads/completeUpload";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { logPublishOutcome } from "./runtime/logPublishOutcome.ts";
import { images, incoming, privateImages } from "./services/buckets.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { privateUrls } from "./services/privateUrls.ts";
import { queueEventsAfter } from "./services/queueEventsAfter.ts";

/** `POST /uploads/{upload_id}/complete`: checks the file and publishes it. */
export const handler = authenticatedEndpoint(
  "completeUpload",
  uploadRoutes.completeUpload,
  (input) =>
    queueEventsAfter(
      { onOutcome: logPublishOutcome, idOf: ({ upload_id }: UploadMessage) => upload_id },
      (onOutcome) =>
        completeUpload(
          {
            sql: sql(),
            images: images(),
            decoder: decoder(),
            privateImages: privateImages(),
            privateUrls: privateUrls(),
            incoming: incoming(),
            onOutcome,
          },
          input,
        ),
    ),
);
