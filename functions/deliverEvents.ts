import { EventMessage } from "@keepsake/contract/messages";
import { deliverEvents } from "@keepsake/core/events/deliverEvents";
import { logEventDelivery } from "./runtime/logEventDelivery.ts";
import { consumer } from "./runtime/queueConsumer.ts";
import { sql } from "./services/database.ts";
import { eventReceiver } from "./services/eventReceiver.ts";

/** `EventQueue`: sends each event to the stage's `WEBHOOK_URL`. */
export const handler = consumer(EventMessage, (messages, { about }) =>
  deliverEvents(
    {
      sql: sql(),
      eventReceiver: eventReceiver(),
      onDelivery: (event, delivery) => about(event, () => logEventDelivery(event, delivery)),
    },
    messages,
  ),
);
