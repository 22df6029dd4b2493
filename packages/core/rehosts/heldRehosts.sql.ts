import type { ErrorCode } from "@keepsake/contract/errors";
import type { Image } from "@keepsake/contract/schemas";
import type { Sql } from "postgres";
import type { RetryPolicy } from "../retryPolicy.ts";
import type { RehostRow } from "./rehostAttempts.sql.ts";
import { isHeld, isRehost } from "./rehostConditions.sql.ts";

/**
 * Claims a pending image for a request, with an attempt counted, so that no consumer works on it for `seconds`.
 * None when another request holds it, a consumer may still be at work, or requests hold `heldImages` of its owner.
 */
export async function hold(
  sql: Sql,
  image_id: string,
  { maxAttempts, attemptSeconds }: RetryPolicy,
  { seconds, heldImages }: { seconds: number; heldImages: number },
) {
  const [image] = await sql.begin(async (tx) => {
    // one request at a time per owner: several at once would all find room
    await tx`
      select pg_advisory_xact_lock(hashtextextended('held re-hosts ' || owner_id, 0))
      from images where image_id = ${image_id}
    `;
    return tx<RehostRow[]>`
      update images
      set attempts = attempts + 1, attempted_at = now(), requeues = 0,
          held_until = now() + make_interval(secs => ${seconds})
      where image_id = ${image_id} and status = 'pending' and attempts < ${maxAttempts}
        and coalesce(attempted_at < now() - make_interval(secs => ${attemptSeconds}), true)
        and not ${isHeld(tx)}
        and ${heldImages} > (
          select count(*) from images other
          where other.owner_id = images.owner_id and status = 'pending' and ${isRehost(tx)} and ${isHeld(tx)}
        )
      returning image_id, platform, source, visibility, status, url, error, replied_at, attempts,
                false as is_replying, attempted_at::text as held_at
    `;
  });
  return image;
}

/** Lets consumers work on an image again, unless another attempt has begun since it was held. */
export const release = (sql: Sql, { image_id, held_at }: Pick<RehostRow, "image_id" | "held_at">) =>
  sql`
    update images set held_until = null
    where image_id = ${image_id} and attempted_at = ${held_at}::text::timestamptz
  `;

type RehostOutcome = {
  status: Image["status"];
  error: string | null;
  error_code: ErrorCode | null;
  /** A consumer's first attempt may be under way: one that fails saves an error. */
  is_with_consumer: boolean;
};

/** What a request that waited for an image answers. */
export async function findOutcome(
  sql: Sql,
  image_id: string,
  { attemptSeconds }: Pick<RetryPolicy, "attemptSeconds">,
) {
  const [image] = await sql<RehostOutcome[]>`
    select status, error, error_code,
           status = 'pending' and error is null and not ${isHeld(sql)}
             and coalesce(attempted_at > now() - make_interval(secs => ${attemptSeconds}), false)
             as is_with_consumer
    from images where image_id = ${image_id}
  `;
  return image;
}
