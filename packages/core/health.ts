import type { Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { Services } from "./ports.ts";

/** Monitors and the client expect an answer within 5 s. */
const timeoutMs = 4_000;

/**
 * Resolves when the database responds; `service.unavailable` when it does not within 4 s. Cancelling closes
 * the connection, so the next check does not wait behind a query that is never answered.
 */
export async function check({ sql }: Pick<Services, "sql">): Promise<Output<"health">> {
  const query = sql`select 1`;
  const timer = setTimeout(() => query.cancel(), timeoutMs);
  try {
    await query;
    return { status: "ok" };
  } catch (cause) {
    throw new AppError("service.unavailable", "The database does not answer: try again soon", {
      cause,
      retryAfterSeconds: 1,
    });
  } finally {
    clearTimeout(timer);
  }
}
