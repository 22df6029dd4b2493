import type { Sql } from "postgres";
import type { RetryPolicy } from "./retryPolicy.ts";

/**
 * A row that is queued again and again without an attempt waits twice as long each time, up to 2 to the
 * power of this: when nothing consumes the queue, its messages do not pile up.
 */
const maxDoublings = 6;

/** Whether a row is no longer in its queue. However long it waits, it becomes stale again. */
export const isStale = (sql: Sql, { staleAfterSeconds, redeliverySeconds }: RetryPolicy) => sql`(
  queued_at is null
  or (queued_at < now() - make_interval(secs => ${staleAfterSeconds})
                          * power(2, least(requeues, ${maxDoublings}))
      and coalesce(attempted_at < now() - make_interval(secs => ${redeliverySeconds}), true))
)`;
