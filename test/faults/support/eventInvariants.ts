import type { Sql } from "postgres";
import type { Receiver } from "../../support/eventReceiver.ts";

/**
 * Every violation of what is promised about events, a sentence each; call it once everything is delivered and
 * swept: the receiver got each change at least once, and none under two ids.
 */
export async function brokenEventInvariants(sql: Sql, receiver: Receiver): Promise<string[]> {
  const received = new Set(receiver.received.map(({ id }) => id));
  const rows = await sql<{ event_id: string; type: string; subject_id: string; status: string }[]>`
    select event_id, type, subject_id, status from events
  `;
  const changes = await sql<{ type: string; subject_id: string; count: number }[]>`
    select 'image.' || status as type, image_id as subject_id, 1 as count from images
    where status in ('published', 'rejected', 'failed') and duplicate_of is null
    union all
    select 'portrait.' || portrait_status, piece_id, null from lore_pieces
    where portrait_status in ('published', 'rejected', 'failed')
    union all
    select 'erasure.done', erasure_id, 1 from erasures where done_at is not null and subject is not null
    union all
    select 'export.' || status, export_id, 1 from exports
    where status = 'ready' or (status = 'failed' and ready_at is null)
  `;
  const characterEvents = ({ type, subject_id }: { type: string; subject_id: string }) =>
    rows.filter((row) => row.type === type && row.subject_id === subject_id).length;
  return [
    ...receiver.refused.map((reason) => `the receiver got what it could not verify: ${reason}`),
    ...rows
      .filter(({ event_id, status }) => status !== "delivered" || !received.has(event_id))
      .map(({ type, subject_id, status }) => `${type} of ${subject_id} is ${status}`),
    ...changes
      .filter((change) =>
        change.count === null ? characterEvents(change) < 1 : characterEvents(change) !== 1,
      )
      .map(
        (change) =>
          `there are ${characterEvents(change)} events ${change.type} of ${change.subject_id}`,
      ),
    ...underTwoIds(receiver),
  ];
}

/** Changes that came under two ids. Each version of a portrait has a URL of its own. */
function underTwoIds({ received }: Receiver): string[] {
  const ids = new Map<string, string>();
  return received.flatMap(({ id, event }) => {
    const { owner: _, ...subject } = event.data;
    const of =
      "image" in subject
        ? subject.image.image_id
        : "piece" in subject
          ? `${subject.piece.piece_id} ${subject.piece.details.image_portrait}`
          : "export" in subject
            ? subject.export.export_id
            : subject.erasure.erasure_id;
    const change = `${event.type} of ${of}`;
    const first = ids.get(change) ?? id;
    ids.set(change, first);
    return first === id ? [] : [`${change} came under two ids`];
  });
}
