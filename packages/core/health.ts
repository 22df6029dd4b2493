import type { Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { Services } from "./ports.ts";

/** Monitors and the client expect an answer within 5 s. */
const timeoutMs = 4_000;

/**
 * Resolves when the database responds, to whether `migration`, the last that this code needs, is applied;
 * `service.unavailable` when it does not respond within 4 s. Cancelling closes the connection, so the next
 * check does not wait behind a query that is never answered.
 */
export async function check({
  sql,
  migration,
}: Pick<Services, "sql"> & { migration: string }): Promise<Output<"health">> {
  const query = sql<{ applied: boolean }[]>`
    select exists (select from schema_migrations where version = ${migration}) as applied`;
  const timer = setTimeout(() => query.cancel(), timeoutMs);
  try {
    const [row] = await query;
    return { status: "ok", migrations: row?.applied ? "applied" : "pending" };
  } catch (cause) {
    if (isMissingTable(cause)) return { status: "ok", migrations: "pending" };
    throw new AppError("service.unavailable", "The database does not answer: try again soon", {
      cause,
      retryAfterSeconds: 1,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** A database that was never migrated has no table of applied migrations. */
const isMissingTable = (error: unknown) => (error as { code?: string } | null)?.code === "42P01";
