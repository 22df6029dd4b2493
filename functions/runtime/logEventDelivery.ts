import type { EventMessage } from "@keepsake/contract/messages";
import type { Delivery } from "@keepsake/core/events/deliverEvents";
import { logger, serializeError } from "./log.ts";
import { metricFields } from "./metrics.ts";

/** Logs what became of an event: for an operator when it was not delivered. */
export function logEventDelivery(event: EventMessage, { cause, ...delivery }: Delivery) {
  const { status } = delivery;
  const level = status === "pending" ? "warn" : status === "failed" ? "error" : "info";
  logger[level]("event", {
    ...event,
    ...delivery,
    ...(cause !== undefined && { error: serializeError(cause) }),
    ...(status !== "delivered" && metricFields({ undelivered: 1 })),
  });
}
