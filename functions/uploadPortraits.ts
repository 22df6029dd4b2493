import { PortraitMessage } from "@keepsake/contract/messages";
import { publishPortraits } from "@keepsake/core/portraits/publishPortraits";
import { consumer } from "./runtime/queueConsumer.ts";
import { images } from "./services/buckets.ts";
import { sql } from "./services/database.ts";
import { decoder } from "./services/decoder.ts";
import { queueEventsAfter } from "./services/queueEventsAfter.ts";

/** `PortraitQueue`: moves each portrait to R2 and writes its permanent URL to the row. */
export const handler = consumer(PortraitMessage, (messages, { onOutcome }) =>
  queueEventsAfter({ onOutcome, idOf: ({ piece_id }) => piece_id }, (onOutcome) =>
    publishPortraits({ sql: sql(), images: images(), decoder: decoder(), onOutcome }, messages),
  ),
);
