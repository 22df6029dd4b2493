import { type EventType, eventRetrySeconds } from "@keepsake/contract/events";
import type { EventMessage } from "@keepsake/contract/messages";
import { PermanentError, RetryableError } from "../outsideServiceErrors.ts";
import type { Services } from "../ports.ts";
import { redriveAdvice, retryPolicy } from "../retryPolicy.ts";
import { eventBody } from "./eventBody.ts";
import * as rows from "./events.sql.ts";

type DeliveryServices = Pick<Services, "sql" | "eventReceiver"> & {
  /** Called with what each attempt has led to, once it is in the row. */
  onDelivery: (event: EventMessage, delivery: Delivery) => void;
};

export type Delivery = {
  type: EventType;
  status: "delivered" | "pending" | "failed";
  attempts: number;
  /** Why it was not delivered. */
  cause?: unknown;
};

/**
 * Sends a batch of events to the stage's receiver, concurrently. One that the receiver does not accept is tried
 * again later, `eventRetrySeconds` after each attempt or when the receiver says, and has failed after the last
 * one; it is the sweep that queues it. Resolves to the messages to deliver again: those whose rows could not be
 * written. Safe to repeat: an event that was delivered, is being delivered or is not due is left alone.
 */
export async function deliverEvents(
  services: DeliveryServices,
  messages: EventMessage[],
): Promise<EventMessage[]> {
  const events = await rows.claim(services.sql, messages, policy);
  const attempts = await Promise.allSettled(events.map((event) => deliver(services, event)));
  const unsaved = events.filter((_, index) => attempts[index]!.status === "rejected");
  return messages.filter(({ event_id }) => unsaved.some((event) => event.event_id === event_id));
}

const policy = retryPolicy("EventQueue");

async function deliver(services: DeliveryServices, event: rows.EventRow): Promise<void> {
  const { sql, eventReceiver } = services;
  const { event_id, attempts } = event;
  const report = (status: Delivery["status"], cause?: unknown) =>
    services.onDelivery({ event_id }, { type: event.type, status, attempts, cause });
  try {
    await eventReceiver.deliver({ event_id, body: await eventBody(event) });
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    if (cause instanceof PermanentError || attempts >= policy.maxAttempts) {
      await rows.markFailed(sql, event_id, `${text}. ${redriveAdvice}`);
      return report("failed", cause);
    }
    await rows.postpone(sql, event_id, text, secondsUntilNext(attempts, cause));
    return report("pending", cause);
  }
  await rows.markDelivered(sql, event_id);
  report("delivered");
}

/** As planned, or later when the receiver asks for it. */
function secondsUntilNext(attempts: number, cause: unknown): number {
  const asked = cause instanceof RetryableError ? (cause.retryAfterSeconds ?? 0) : 0;
  return Math.max(eventRetrySeconds[attempts - 1]!, asked);
}
