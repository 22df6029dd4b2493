import type { Mutant } from "./mutant.ts";

const erasures = "packages/core/erasures";

/** Claims that end by themselves, and work that counts as done only when it is. */
export const leases: Mutant[] = [
  {
    name: "objects to remove are claimed without a lease",
    file: `${erasures}/erasures.sql.ts`,
    find: "update erasure_objects set erase_after = ${lease(sql)}",
    replace: "update erasure_objects set erase_after = erase_after",
  },
  {
    name: "objects to purge are claimed without a lease",
    file: `${erasures}/purges.sql.ts`,
    find: "update erasure_objects set purge_after = ${lease(sql)}",
    replace: "update erasure_objects set purge_after = purge_after",
  },
  {
    name: "a lease ends while its sweep still runs",
    file: `${erasures}/dueInTurns.sql.ts`,
    find: "now() + interval '2 minutes'",
    replace: "now() + interval '20 seconds'",
  },
  {
    name: "a lease lasts a day",
    file: `${erasures}/dueInTurns.sql.ts`,
    find: "now() + interval '2 minutes'",
    replace: "now() + interval '1 day'",
  },
  {
    name: "a failed removal counts as done",
    file: `${erasures}/eraseDue.ts`,
    find: '    attempt.status === "fulfilled" ? [attempt.value] : [],',
    replace:
      '    attempt.status === "fulfilled" ? [attempt.value] : [{ ...due[attempts.indexOf(attempt)]!, bytes: null }],',
  },
  {
    name: "one failed removal fails the whole batch",
    file: `${erasures}/eraseDue.ts`,
    find: "      const bytes = await services[object.bucket].remove(object.key);\n      return { ...object, bytes: bytes ?? null };\n    }),\n  );",
    replace:
      '      const bytes = await services[object.bucket].remove(object.key);\n      return { ...object, bytes: bytes ?? null };\n    }),\n  );\n  if (attempts.some(({ status }) => status === "rejected")) return { claimed: 0, removed: 0 };',
  },
  {
    name: "the first removal is final",
    file: `${erasures}/erasures.sql.ts`,
    find: "erased_at = case when r.final then now() end,",
    replace: "erased_at = now(),",
  },
  {
    name: "an object is final before requests in flight have ended",
    file: `${erasures}/erasures.sql.ts`,
    find: "greatest(now() + interval '16 minutes', o.\"notFinalBefore\")",
    replace: "greatest(now() + interval '1 minute', o.\"notFinalBefore\")",
  },
  {
    name: "an incoming object is final before its upload has expired",
    file: `${erasures}/erasures.sql.ts`,
    find: "greatest(now() + interval '16 minutes', o.\"notFinalBefore\")",
    replace: "now() + interval '16 minutes'",
  },
  {
    name: "an incoming object is removed while its URL can write it",
    file: `${erasures}/erasures.sql.ts`,
    find: 'greatest(now(), o."notBefore")',
    replace: "now()",
  },
  {
    name: "an upload's URL does not delay the removal of its object",
    file: "packages/core/images/imageObjects.ts",
    find: "    notBefore: image.url_expires_at,\n",
    replace: "",
  },
  {
    name: "an upload's expiry does not delay the final removal of its object",
    file: "packages/core/images/imageObjects.ts",
    find: "    notFinalBefore: image.expires_at,\n",
    replace: "",
    tests: ["test/workers/erasing.test.ts", "test/api/erasures.test.ts"],
  },
  {
    name: "an object that was removed is removed again for ever",
    file: `${erasures}/erasures.sql.ts`,
    find: "final_after <= now() as final",
    replace: "false as final",
  },
  {
    name: "a late sweep overwrites what another removed",
    file: `${erasures}/erasures.sql.ts`,
    find: "      and o.erased_at is null\n",
    replace: "",
  },
  {
    name: "the purge of an object that another sweep claimed is saved",
    file: `${erasures}/purges.sql.ts`,
    find: " and o.purge_after = p.lease::timestamptz",
    replace: "",
  },
  {
    name: "an object that existed again counts as purged",
    file: `${erasures}/erasures.sql.ts`,
    find: "purged_at = case when r.bytes is null then o.purged_at end",
    replace: "purged_at = o.purged_at",
  },
  {
    name: "every removal forgets that the object was purged",
    file: `${erasures}/erasures.sql.ts`,
    find: "purged_at = case when r.bytes is null then o.purged_at end",
    replace: "purged_at = null",
  },
  {
    name: "the size of a removed object is forgotten by its final removal",
    file: `${erasures}/erasures.sql.ts`,
    find: "bytes = coalesce(o.bytes, r.bytes)",
    replace: "bytes = r.bytes",
  },
  {
    name: "an erasure is done before its objects are purged",
    file: `${erasures}/erasures.sql.ts`,
    find: "and (o.erased_at is null or o.purge_next is not null)",
    replace: "and o.erased_at is null",
  },
  {
    name: "an erasure is done before its objects are removed",
    file: `${erasures}/erasures.sql.ts`,
    find: "and (o.erased_at is null or o.purge_next is not null)",
    replace: "and o.purge_next is not null",
  },
  {
    name: "one owner's deletions delay all others",
    file: `${erasures}/dueInTurns.sql.ts`,
    find: "    limit (select greatest(1, ${limit}::integer / count(*)) from due_owners)\n",
    replace: "    limit ${limit}\n",
  },
  {
    name: "a sweep removes one batch only",
    file: `${erasures}/eraseDue.ts`,
    find: "    isDone = isIdle || isLate;",
    replace: "    isDone = true;",
  },
  {
    name: "a sweep does not stop when its time is up",
    file: `${erasures}/eraseDue.ts`,
    find: "    isDone = isIdle || isLate;",
    replace: "    isDone = isIdle;",
  },
  {
    name: "objects that may not be purged yet wait for their lease",
    file: `${erasures}/eraseDue.ts`,
    find: "  if (unsent.length > 0) await purges.release(sql, by, unsent);\n",
    replace: "",
  },
  {
    name: "purges are sent beyond Cloudflare's limit",
    file: `${erasures}/eraseDue.ts`,
    find: "  const sent = groups.slice(0, granted);",
    replace: "  const sent = groups;",
  },
  {
    name: "the purge limit of a minute is granted every second",
    file: `${erasures}/purges.sql.ts`,
    find: "clock_timestamp() - counted_at)) / 60)",
    replace: "clock_timestamp() - counted_at)))",
  },
  {
    name: "the objects of finished uploads are removed while their URL can write them",
    file: "packages/core/uploads/uploads.sql.ts",
    find: "where url_expires_at < now() and platform = 'web' and status <> 'pending'",
    replace: "where url_expires_at is not null and platform = 'web' and status <> 'pending'",
    tests: ["test/api/presignedPut.test.ts"],
  },
  {
    name: "the objects of pending uploads are removed",
    file: "packages/core/uploads/uploads.sql.ts",
    find: "where url_expires_at < now() and platform = 'web' and status <> 'pending'",
    replace: "where url_expires_at < now() and platform = 'web'",
    tests: ["test/api/presignedPut.test.ts", "test/api/completeUpload.test.ts"],
  },
  {
    name: "an incoming object whose removal failed counts as removed",
    file: "packages/core/sweep.ts",
    find: '    attempt.status === "fulfilled" ? [attempt.value] : [],',
    replace:
      '    attempt.status === "fulfilled" ? [attempt.value] : [expired[attempts.indexOf(attempt)]!.image_id],',
    tests: ["test/workers/erasing.test.ts", "test/api/presignedPut.test.ts"],
  },
  {
    name: "a purge that failed counts as done",
    file: `${erasures}/purges.sql.ts`,
    find: 'if (outcome === "failed")',
    replace: 'if (outcome === ("never" as string))',
  },
  {
    name: "a receipt is confirmed after one purge of several",
    file: `${erasures}/purges.sql.ts`,
    find: "o.bucket = 'images' and o.purged_at is null)",
    replace: "o.bucket = 'images' and o.purged_at is null and false)",
  },
  {
    name: "a receipt hides that a purge has failed",
    file: `${erasures}/purges.sql.ts`,
    find: "o.purge_failed_at is not null) then 'failed'",
    replace: "o.purge_failed_at is not null and false) then 'failed'",
  },
  {
    name: "a purge by URL counts as a purge of every copy",
    file: `${erasures}/purges.sql.ts`,
    find: 'const isPurged = outcome === "confirmed" && by === "prefix";',
    replace: 'const isPurged = outcome === "confirmed";',
  },
  {
    name: "a failed purge stays failed after it succeeded",
    file: `${erasures}/purges.sql.ts`,
    find: "purge_after = now(), purge_failed_at = null,",
    replace: "purge_after = now(),",
  },
];
