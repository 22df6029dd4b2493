import { type EventType, eventDays } from "@keepsake/contract/events";
import type { EventMessage } from "@keepsake/contract/messages";
import type { Sql, TransactionSql } from "postgres";
import type { RetryPolicy } from "../retryPolicy.ts";

/**
 * Rows of events. Triggers write them (the migration of 20261122000030). `queue_after` is when the sweep queues a
 * pending one; once it is queued, when it counts as lost by the queue.
 */
export type EventRow = {
  event_id: string;
  type: EventType;
  /** The owner, or the one that its Telegram account is linked to. */
  owner_id: string;
  data: Record<string, unknown>;
  /** This one included. */
  attempts: number;
  created_at: string;
};

/** Whether triggers write events from now on. */
export function setOn(sql: Sql, isOn: boolean) {
  return sql`update event_settings set is_on = ${isOn} where is_on <> ${isOn}`;
}

/** Marks events as in the queue. One that is queued again without an attempt waits twice as long each time. */
const queued = (sql: Sql, { staleAfterSeconds }: RetryPolicy) => sql`
  queue_after = now() + make_interval(secs => ${staleAfterSeconds}) * power(2, least(requeues, 6)),
  requeues = requeues + 1
`;

/** Claims, to queue them, the events of these images, pieces and erasures that are in no queue. */
export function claimNew(sql: Sql, subject_ids: string[], policy: RetryPolicy) {
  return sql<EventMessage[]>`
    update events set ${queued(sql, policy)}
    where event_id in (
      select event_id from events
      where subject_id in ${sql(subject_ids)} and status = 'pending' and queue_after <= now()
      order by event_id
      for update skip locked
    )
    returning event_id
  `;
}

/**
 * Claims up to `limit` events that are due: every owner who has some gets an equal share, oldest first, so
 * that an owner with many delays only itself.
 */
export function claimStale(sql: Sql, policy: RetryPolicy, limit: number) {
  return sql<EventMessage[]>`
    with due_owners as materialized (
      select distinct owner_id from events where status = 'pending' and queue_after <= now()
    ), due as (
      select share.event_id from due_owners cross join lateral (
        select event_id, queue_after from events
        where owner_id = due_owners.owner_id and status = 'pending' and queue_after <= now()
        order by queue_after
        limit (select greatest(1, ${limit}::integer / count(*)) from due_owners)
      ) share
      order by share.queue_after
      limit ${limit}
    )
    update events set ${queued(sql, policy)}
    where event_id in (
      select e.event_id from events e join due using (event_id)
      where e.status = 'pending' and e.queue_after <= now()
      order by e.event_id
      for update of e skip locked
    )
    returning event_id
  `;
}

/** Marks events as not in the queue, so that the next sweep sends them. */
export function markUnsent(sql: Sql, messages: EventMessage[]) {
  return sql`
    update events set queue_after = now(), requeues = greatest(0, requeues - 1)
    where event_id in (
      select event_id from events where event_id in ${sql(idsOf(messages))} and status = 'pending'
      order by event_id for update
    )
  `;
}

/** Those of the messages that no consumer has begun since they were queued. */
export function findWaiting(sql: Sql, messages: EventMessage[]) {
  return sql<EventMessage[]>`
    select event_id from events
    where event_id in ${sql(idsOf(messages))} and status = 'pending' and send_after <= now()
  `;
}

/** For a queue that lost its messages: every event that was in it is due, or when its next attempt is. */
export function requeueAllPending(sql: Sql) {
  return sql`
    update events set queue_after = send_after, requeues = 0
    where event_id in (
      select event_id from events where status = 'pending' order by event_id for update
    )
  `;
}

/**
 * Those of the events that may be sent now, each with an attempt counted before it: a process that dies has
 * tried. Until the attempt has ended, no other consumer gets them.
 */
export function claim(sql: Sql, messages: EventMessage[], policy: RetryPolicy) {
  return sql<EventRow[]>`
    with claimed as (
      update events
      set attempts = attempts + 1, requeues = 0,
          send_after = now() + make_interval(secs => ${policy.attemptSeconds})
      where event_id in (
        select event_id from events
        where event_id in ${sql(idsOf(messages))} and status = 'pending' and send_after <= now()
          and attempts < ${policy.maxAttempts}
        order by event_id
        for update
      )
      returning event_id, type, owner_id, data, attempts, created_at
    )
    select c.event_id, c.type, c.data, c.attempts, c.created_at,
           coalesce(a.owner_id, c.owner_id) as owner_id
    from claimed c
    left join telegram_accounts a on c.owner_id = 'telegram:' || a.telegram_user_id
  `;
}

export function markDelivered(sql: Sql, event_id: string) {
  return sql`
    update events set status = 'delivered', data = null, error = null, finished_at = now()
    where event_id = ${event_id} and status = 'pending'
  `;
}

/** Saves why an event was not delivered, and when the next attempt is due. */
export function postpone(sql: Sql, event_id: string, error: string, seconds: number) {
  const due = sql`now() + make_interval(secs => ${seconds})`;
  return sql`
    update events set error = ${error}, send_after = ${due}, queue_after = ${due}
    where event_id = ${event_id} and status = 'pending'
  `;
}

export function markFailed(sql: Sql, event_id: string, error: string) {
  return sql`
    update events set status = 'failed', error = ${error}, finished_at = now()
    where event_id = ${event_id} and status = 'pending'
  `;
}

/** Marks events as failed whose last attempt did not run to its end. */
export function failExhausted(sql: Sql, { maxAttempts }: RetryPolicy) {
  return sql`
    update events
    set status = 'failed', finished_at = now(),
        error = concat_ws(' ', 'The last attempt did not run to its end.', error)
    where event_id in (
      select event_id from events
      where status = 'pending' and attempts >= ${maxAttempts} and send_after <= now()
        and queue_after <= now()
      order by event_id
      for update
    )
  `;
}

/** Deletes events that were finished a week ago. */
export function deleteOld(sql: Sql, limit: number) {
  return sql`
    delete from events
    where event_id in (
      select event_id from events
      where status <> 'pending' and finished_at < now() - make_interval(days => ${eventDays})
      order by finished_at
      limit ${limit}
      for update skip locked
    )
  `;
}

/** Deletes events of a stage that has no receiver any more. */
export function deleteAny(sql: Sql, limit: number) {
  return sql`
    delete from events
    where event_id in (select event_id from events limit ${limit} for update skip locked)
  `;
}

/** Deletes the events of these owners, but not those that say that something was erased. */
export function removeOf(tx: TransactionSql, owners: string[]) {
  return tx`
    delete from events
    where event_id in (
      select event_id from events where owner_id in ${tx(owners)} and type <> 'erasure.done'
      order by event_id for update
    )
  `;
}

const idsOf = (messages: EventMessage[]) => messages.map(({ event_id }) => event_id);
