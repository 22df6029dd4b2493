import { imageRoutes } from "@keepsake/contract/api/images";
import type { RehostMessage } from "@keepsake/contract/messages";
import { createImage } from "@keepsake/core/sentImages/createImage";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { logPublishOutcome } from "./runtime/logPublishOutcome.ts";
import { images, privateImages } from "./services/buckets.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { privateUrls } from "./services/privateUrls.ts";
import { queueEventsAfter } from "./services/queueEventsAfter.ts";

/** `POST /images`: publishes an image that the request holds. */
export const handler = authenticatedEndpoint("createImage", imageRoutes.createImage, (input) =>
  queueEventsAfter(
    { onOutcome: logPublishOutcome, idOf: ({ image_id }: RehostMessage) => image_id },
    (onOutcome) =>
      createImage(
        {
          sql: sql(),
          images: images(),
          decoder: decoder(),
          privateImages: privateImages(),
          privateUrls: privateUrls(),
          ownerBytes: ownerBytes(),
          onOutcome,
        },
        input,
      ),
  ),
);
