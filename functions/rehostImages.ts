import { RehostMessage } from "@keepsake/contract/messages";
import { publishRehosts } from "@keepsake/core/rehosts/publishRehosts";
import { consumer } from "./runtime/consumer.ts";
import { logUndelivered } from "./runtime/log.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { platforms } from "./services/rehostDownloads.ts";
import { images, privateImages } from "./services/storage.ts";
import { replies } from "./services/telegram.ts";
import { withEvents } from "./services/withEvents.ts";

/** `RehostQueue`: downloads each image from its platform, publishes it and replies to its sender. */
export const handler = consumer(RehostMessage, (messages, { onOutcome, about }) =>
  withEvents({ onOutcome, idOf: ({ image_id }) => image_id }, (onOutcome) =>
    publishRehosts(
      {
        sql: sql(),
        images: images(),
        privateImages: privateImages(),
        decoder: decoder(),
        platforms: platforms(),
        replies: replies(),
        onOutcome,
        onUndelivered: (message, error) => about(message, () => logUndelivered("image", error)),
      },
      messages,
    ),
  ),
);
