import type { Mutant } from "./mutant.ts";

const folder = "packages/ops/backfill";
const tables = "test/ops/backfillImages.test.ts";

/** A product's own rows, and whose pictures become of them. */
export const backfill: Mutant[] = [
  {
    name: "a backfill overwrites a row that was changed meanwhile",
    by: `${tables} > leaves a changed row`,
    file: `${folder}/backfill.sql.ts`,
    find: "      and md5(${textOf(sql, table.from)}) is not distinct from o.source_md5\n",
    replace: "",
  },
  {
    name: "a backfill keeps the image of a row that was deleted meanwhile",
    by: `${tables} > leaves a changed row`,
    file: `${folder}/writeBatch.ts`,
    find: "      await picture.remove();\n",
    replace: "",
  },
  {
    name: "rows with the same picture share an image",
    by: `${tables} > keys of several columns`,
    file: `${folder}/imageTarget.ts`,
    find: "JSON.stringify([namespace, key, field,",
    replace: "JSON.stringify([namespace, field,",
  },
  {
    name: "a backfill that was killed begins a second image",
    by: `${tables} > continues with the same image`,
    file: `${folder}/imageTarget.sql.ts`,
    find: "case images.status when 'rejected' then excluded.image_id else images.image_id end",
    replace: "excluded.image_id",
  },
  {
    name: "the sweep queues what a backfill was publishing",
    by: `${tables} > continues with the same image`,
    file: `${folder}/imageTarget.sql.ts`,
    find: '"9999-12-31T00:00:00Z"',
    replace: '"2000-01-01T00:00:00Z"',
  },
  {
    name: "a published image is read again from a source that has expired",
    by: `${tables} > the source has expired`,
    file: `${folder}/backfill.ts`,
    find: "const known = published.get(row.id);",
    replace: 'const known = published.get("");',
  },
  {
    name: "the owner of all rows goes before the owner that a row names",
    by: `${tables} > the row that a row refers to`,
    file: `${folder}/imageTarget.ts`,
    find: "const name = row.owner || owner;",
    replace: "const name = owner || row.owner;",
  },
  {
    name: "a backfill replaces a URL that is already there",
    by: `${tables} > does not replace a URL`,
    file: `${folder}/backfill.ts`,
    find: "if (row.has_url && !overwrite)",
    replace: "if (row.has_url && overwrite)",
  },
  {
    name: "what a killed backfill stored of a URL stays",
    by: `${tables} > left unfinished for an hour`,
    file: "packages/core/sentImages/createImage.sql.ts",
    find: "platform <> 'web' and status = 'pending' and expires_at",
    replace: "platform = 'base64' and status = 'pending' and expires_at",
  },
  {
    name: "a backfill sends events that it was not asked for",
    by: `${tables} > an event of each picture`,
    file: `${folder}/imageTarget.ts`,
    find: "    await rows.removeEvent(tx, image_id);\n",
    replace: "",
  },
  {
    name: "pictures of people are moved without an owner",
    by: `${tables} > what is wrong with`,
    file: `${folder}/flags.ts`,
    find: "if (places.isChosen && !hasOwner)",
    replace: "if (!places)",
  },
  {
    name: "a host that ends like an allowed one is allowed",
    by: `${tables} > URLs of allowed hosts`,
    file: `${folder}/valueKinds.sql.ts`,
    find: "`^(${hosts.map(",
    replace: "`(${hosts.map(",
  },
  {
    name: "characters that are not base64 are left out",
    by: "test/ops/backfill.test.ts > lists base64 that is not",
    file: `${folder}/tolerantBase64.ts`,
    find: " || !/^[A-Za-z0-9+/]+$/.test(digits)",
    replace: "",
  },
  {
    name: "a batch holds any number of characters",
    by: `${tables} > ends a batch`,
    file: `${folder}/backfill.sql.ts`,
    find: "coalesce(read_chars, 0) <= ${maxBatchChars}",
    replace: "coalesce(read_chars, 0) <= 1e18 + ${maxBatchChars}",
  },
];
