import { PortraitMessage } from "@keepsake/contract/messages";
import * as portraits from "@keepsake/core/portraits/publishPortraits";
import { consumer } from "./runtime/consumer.ts";
import { images, sql } from "./services/services.ts";

/** `PortraitQueue`: moves each portrait to R2 and leaves its permanent URL behind. */
export const handler = consumer(PortraitMessage, (messages) =>
  portraits.publish({ sql: sql(), images: images() }, messages),
);
