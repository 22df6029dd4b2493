import type { RehostMessage } from "@keepsake/contract/messages";
import { createImage } from "@keepsake/core/sentImages/createImage";
import { endpoint } from "./runtime/endpoint.ts";
import { logOutcome } from "./runtime/logOutcome.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { privateUrls } from "./services/privateUrls.ts";
import { images, privateImages } from "./services/storage.ts";
import { withEvents } from "./services/withEvents.ts";

/** `POST /images`: publishes an image that the request holds. */
export const handler = endpoint("createImage", (input) =>
  withEvents(
    { onOutcome: logOutcome, idOf: ({ image_id }: RehostMessage) => image_id },
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
