import { rehostNow } from "@keepsake/core/rehosts/rehostNow";
import type { RehostNow } from "@keepsake/core/rehosts/waitForRehost";
import { logPublishOutcome } from "../runtime/logPublishOutcome.ts";
import { images, privateImages } from "./buckets.ts";
import { sql } from "./database.ts";
import { decoder } from "./decoder.ts";
import { queueEventsAfter } from "./queueEventsAfter.ts";
import { urlPlatforms } from "./urlDownloads.ts";

/** Publishes an image in the request that waits for it, without the bot's token: Telegram's files are not among them. */
export const workOnRehost: RehostNow = (image_id, options) =>
  queueEventsAfter({ onOutcome: logPublishOutcome, idOf: () => image_id }, (onOutcome) =>
    rehostNow(
      {
        sql: sql(),
        images: images(),
        privateImages: privateImages(),
        decoder: decoder(),
        platforms: urlPlatforms(),
        replies: undefined,
        onOutcome,
        onUndelivered() {},
      },
      image_id,
      options,
    ),
  );
