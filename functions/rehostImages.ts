import { RehostMessage } from "@keepsake/contract/messages";
import * as rehosts from "@keepsake/core/rehosts/publishRehosts";
import { consumer } from "./runtime/consumer.ts";
import { images, platforms, replies, sql } from "./services/services.ts";

/** `RehostQueue`: fetches each image from its platform, publishes it and tells its sender. */
export const handler = consumer(RehostMessage, (messages) =>
  rehosts.publishBatch(
    { sql: sql(), images: images(), platforms: platforms(), replies: replies() },
    messages,
  ),
);
