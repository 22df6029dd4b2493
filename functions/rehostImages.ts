import { RehostMessage } from "@keepsake/contract/messages";
import { publishQueuedRehosts } from "@keepsake/core/rehosts/publishQueuedRehosts";
import { logUndelivered } from "./runtime/log.ts";
import { consumer } from "./runtime/queueConsumer.ts";
import { images, privateImages } from "./services/buckets.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { queueEventsAfter } from "./services/queueEventsAfter.ts";
import { platforms } from "./services/rehostDownloads.ts";
import { replies } from "./services/telegram.ts";

/** `RehostQueue`: downloads each image from its platform, publishes it and replies to its sender. */
export const handler = consumer(RehostMessage, (messages, { onOutcome, about }) =>
  queueEventsAfter({ onOutcome, idOf: ({ image_id }) => image_id }, (onOutcome) =>
    publishQueuedRehosts(
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
