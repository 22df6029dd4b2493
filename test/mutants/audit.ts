import type { Mutant } from "./mutant.ts";

const sql = "packages/ops/audit/audit.sql.ts";
const audited = "packages/ops/audit/audit.ts";

/** What the audit takes for an orphan: its `--fix` deletes that. */
export const audit: Mutant[] = [
  {
    name: "the audit knows the last version only",
    by: "test/ops/audit.test.ts > knows a replaced",
    file: sql,
    find: "and p.portrait_version >= k.version",
    replace: "and p.portrait_version = k.version",
  },
  {
    name: "the audit knows versions that were replaced",
    by: "test/ops/audit.test.ts > knows a replaced",
    file: sql,
    find: "or k.version > greatest(${shownVersion(sql)}, p.settled_version)",
    replace: "or k.version > 0",
  },
  {
    name: "a portrait that is being erased is an orphan",
    by: "test/ops/audit.test.ts > knows a replaced",
    file: sql,
    find: "where o.bucket = 'images' and o.key = k.key and o.erased_at is null)",
    replace: "where o.bucket = 'images' and o.key = k.key and false)",
  },
  {
    name: "a portrait whose erasing is over is no orphan",
    by: "test/ops/audit.test.ts > what a dead worker stored",
    file: sql,
    find: "where o.bucket = 'images' and o.key = k.key and o.erased_at is null)",
    replace: "where o.bucket = 'images' and o.key = k.key)",
  },
  {
    name: "an image that is being erased is an orphan",
    file: sql,
    find: "where o.bucket = ${bucket} and o.key = k.key and o.erased_at is null)",
    replace: "where o.bucket = ${bucket} and o.key = k.key and false)",
  },
  {
    name: "the object of a pending image is an orphan",
    by: "test/ops/audit.test.ts > what a dead worker stored",
    file: sql,
    find: "i.status in ('pending', 'failed')",
    replace: "i.status in ('failed')",
  },
  {
    name: "the object of a rejected image is no orphan",
    file: sql,
    find: "i.status in ('pending', 'failed')",
    replace: "i.status in ('pending', 'failed', 'rejected')",
  },
  {
    name: "an incoming object whose URL is still valid is an orphan",
    file: sql,
    find: "case ${bucket} when 'incoming' then i.url_expires_at is not null",
    replace: "case ${bucket} when 'incoming' then false",
  },
  {
    name: "an incoming object that was removed is no orphan",
    by: "test/ops/audit.test.ts > what a dead worker stored",
    file: sql,
    find: "case ${bucket} when 'incoming' then i.url_expires_at is not null",
    replace: "case ${bucket} when 'incoming' then true",
  },
  {
    name: "the audit erases portraits of worlds that it never had",
    file: audited,
    find: "const ours = orphans.filter(({ unknownWorld }) => !unknownWorld);",
    replace: "const ours = orphans;",
  },
  {
    name: "every portrait without a row is of an unknown world",
    file: sql,
    find: "where exists (select 1 from worlds w where w.world_id = k.world_id)\n       or exists",
    replace: "where exists",
  },
  {
    name: "the audit compares the first page of objects only",
    file: audited,
    find: "if (NextContinuationToken === undefined) return orphans;",
    replace: "if (orphans) return orphans;",
    survives: "a second page takes 1,001 objects in a bucket that all test files share",
    tests: ["test/ops/audit.test.ts"],
  },
  {
    name: "the audit removes a URL that was replaced meanwhile",
    by: "test/ops/audit.test.ts > replaced meanwhile",
    file: sql,
    find: "where piece_id = ${id} and details ->> 'image_portrait' = ${url}",
    replace: "where piece_id = ${id}",
  },
  {
    name: "a portrait whose object is missing stays published",
    file: sql,
    find: "case portrait_status when 'published' then 'failed' else portrait_status end",
    replace: "portrait_status",
  },
];
