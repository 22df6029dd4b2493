import type { Mutant } from "./mutant.ts";

const core = "packages/core/events";
const adapter = "packages/adapters/standardWebhooks.ts";
const migration = "packages/core/migrations/20261122000030_events.sql";

/** What the receiver of events gets: each change, again until it is accepted, signed. */
export const events: Mutant[] = [
  {
    name: "an event is sent while another consumer may be sending it",
    by: "test/workers/deliverEvents.test.ts > whose consumer died is sent again",
    file: `${core}/events.sql.ts`,
    find: "          send_after = now() + make_interval(secs => ${policy.attemptSeconds})",
    replace: "          send_after = now()",
  },
  {
    name: "an event is sent before its next attempt is due",
    by: "test/workers/deliverEvents.test.ts > is tried again with the same id for a day",
    file: `${core}/events.sql.ts`,
    find: "        where event_id in ${sql(idsOf(messages))} and status = 'pending' and send_after <= now()\n          and attempts",
    replace:
      "        where event_id in ${sql(idsOf(messages))} and status = 'pending'\n          and attempts",
  },
  {
    name: "an event that failed to be sent is never queued again",
    by: "test/workers/deliverEvents.test.ts > is tried again with the same id for a day",
    file: `${core}/events.sql.ts`,
    find: "send_after = ${due}, queue_after = ${due}",
    replace: "send_after = ${due}",
  },
  {
    name: "an owner with many events delays those of others",
    by: "test/workers/deliverEvents.test.ts > of an owner with many",
    file: `${core}/events.sql.ts`,
    find: "        limit (select greatest(1, ${limit}::integer / count(*)) from due_owners)\n",
    replace: "        limit ${limit}\n",
  },
  {
    name: "DELETE /me deletes the events of erasures",
    by: "test/workers/events.test.ts > but not those of erasures",
    file: `${core}/events.sql.ts`,
    find: " and type <> 'erasure.done'",
    replace: "",
  },
  {
    name: "retry-after of a receiver is ignored",
    by: "test/workers/deliverEvents.test.ts > is tried again when the receiver says",
    file: `${core}/deliverEvents.ts`,
    find: "Math.max(eventRetrySeconds[attempts - 1]!, asked)",
    replace: "eventRetrySeconds[attempts - 1]! + 0 * asked",
  },
  {
    name: "an event that the receiver wants no more of is sent again",
    by: "test/workers/deliverEvents.test.ts > has failed at once when the receiver answers 410",
    file: `${core}/deliverEvents.ts`,
    find: "cause instanceof PermanentError || attempts >= policy.maxAttempts",
    replace: "attempts >= policy.maxAttempts",
  },
  {
    name: "an event holds the URL of a private image",
    by: "test/workers/events.test.ts > of a private image without a URL of it",
    file: `${core}/eventBody.ts`,
    find: 'row.visibility === "private" ? null : row.key',
    replace: "row.key",
  },
  {
    name: "an event names the owner of a Telegram account that is not linked",
    by: "test/workers/events.test.ts > names the linked owner",
    file: `${core}/eventBody.ts`,
    find: 'owner_id.startsWith("user:") ? owner_id.slice("user:".length) : null',
    replace: 'owner_id.slice("user:".length)',
  },
  {
    name: "a redirect of a receiver counts as delivered",
    by: "test/adapters/standardWebhooks.test.ts > redirects to",
    file: adapter,
    find: "statusCode < 200 || statusCode > 299",
    replace: "statusCode < 200 || statusCode > 399",
  },
  {
    name: "an event is signed for another id than it has",
    by: "test/adapters/standardWebhooks.test.ts > has a signature that the standard's library verifies",
    file: adapter,
    find: "webhook.sign(event_id, now, body)",
    replace: "webhook.sign(body, now, body)",
  },
  {
    name: "events hold the base64 of rejected portraits",
    by: "test/workers/events.test.ts > without its base64",
    file: migration,
    find: "jsonb_build_object('details', new.details - 'image_portrait_base64')",
    replace: "jsonb_build_object('details', new.details)",
  },
  {
    name: "erasures that no caller started write events",
    by: "test/workers/events.test.ts > of erasures that no caller started",
    file: migration,
    find: "new.done_at is not null and new.subject is not null",
    replace: "new.done_at is not null",
  },
  {
    name: "a stage without a receiver writes events",
    by: "test/workers/eventsOff.test.ts > writes no events",
    file: migration,
    find: "           to_jsonb(p) || jsonb_build_object('details', new.details - 'image_portrait_base64')\n    from event_settings, worlds w,\n         (select new.world_id, new.piece_id, new.type, new.name, new.description,\n                 new.portrait_status, new.portrait_error) p\n    where is_on and",
    replace:
      "           to_jsonb(p) || jsonb_build_object('details', new.details - 'image_portrait_base64')\n    from event_settings, worlds w,\n         (select new.world_id, new.piece_id, new.type, new.name, new.description,\n                 new.portrait_status, new.portrait_error) p\n    where",
  },
];
