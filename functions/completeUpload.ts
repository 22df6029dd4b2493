import type { UploadMessage } from "@keepsake/contract/messages";
import { completeUpload } from "@keepsake/core/uploads/completeUpload";
import { endpoint } from "./runtime/endpoint.ts";
import { logOutcome } from "./runtime/logOutcome.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { privateUrls } from "./services/privateUrls.ts";
import { images, incoming, privateImages } from "./services/storage.ts";
import { withEvents } from "./services/withEvents.ts";

/** `POST /uploads/{upload_id}/complete`: checks the file and publishes it. */
export const handler = endpoint("completeUpload", (input) =>
  withEvents(
    { onOutcome: logOutcome, idOf: ({ upload_id }: UploadMessage) => upload_id },
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
