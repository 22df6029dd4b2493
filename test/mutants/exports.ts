import type { Mutant } from "./mutant.ts";

const core = "packages/core/exports";
const cloud = "packages/adapters/cloud";
const routes = "test/api/exports.test.ts";
const worker = "test/workers/exportDataset.test.ts";
const queue = "test/workers/queuedExportFiles.test.ts";
const others = "test/security/datasetsOfOthers.test.ts";
const everything = "test/api/exportOwner";
const store = "test/adapters/multipartExportZips.test.ts";

/** Whose pictures are in a zip, how long it exists, and who may write it. */
export const exports: Mutant[] = [
  {
    name: "another owner's exports of everything are listed",
    by: `${everything}Ends.test.ts > lists the caller's exports`,
    file: `${core}/exports.sql.ts`,
    find: "where e.owner_id = ${owner_id} and e.layout = ${everything} and e.status <> 'deleted'",
    replace: "where ${owner_id} <> '' and e.layout = ${everything} and e.status <> 'deleted'",
  },
  {
    name: "a ready export of everything of another owner is answered",
    by: `${everything}Ends.test.ts > lists the caller's exports`,
    file: `${core}/exports.sql.ts`,
    find: "where e.owner_id = ${owner_id} and e.layout = ${everything} and e.content_sha256 = ${content_sha256}",
    replace:
      "where ${owner_id} <> '' and e.layout = ${everything} and e.content_sha256 = ${content_sha256}",
    survives:
      "the ids in what is hashed are one owner's: only those of owners with nothing are equal",
  },
  {
    name: "a deleted world stays in an export of everything",
    by: `${everything}Ends.test.ts > with its zips when an image, a world`,
    file: "packages/core/worlds/worlds.ts",
    find: "const zips = await endExportsOfEverything(tx, owner_id);",
    replace: "const zips: erasures.ObjectToErase[] = [];",
  },
  {
    name: "a deleted piece stays in an export of everything",
    by: `${everything}Ends.test.ts > with its zips when an image, a world`,
    file: "packages/core/worlds/changePieces.ts",
    find: "const zips = await endExportsOfEverything(tx, owner_id);",
    replace: "const zips: erasures.ObjectToErase[] = [];",
  },
  {
    name: "an export of everything holds only the images of the caller itself",
    by: `${everything}.test.ts > holds published images`,
    file: `${core}/exportOwner.ts`,
    find: "takeSnapshot(tx, export_id, owners)",
    replace: "takeSnapshot(tx, export_id, [owner_id])",
  },
  {
    name: "exports of everything count as those of datasets",
    by: `${everything}.test.ts > runs alone, and counts for itself`,
    file: `${core}/exports.sql.ts`,
    find: "      and (layout = ${everything}) = ${isEverything}\n",
    replace: "      and ${isEverything}::boolean is not null\n",
  },
  {
    name: "one lost picture keeps its owner from everything",
    by: `${everything}.test.ts > leaves out pictures whose files are lost`,
    file: `${core}/everything/everythingEntries.ts`,
    find: 'if (typeof read !== "string") return read;',
    replace: 'if (typeof read !== "string") return read;\n    throw new Error("lost");',
  },
  {
    name: "lost pictures are named in the order in which reads end",
    by: `${everything}.test.ts > leaves out pictures whose files are lost`,
    survives: "reads that end in another order are rare",
    file: `${core}/everything/everythingEntries.ts`,
    find: "for (const picture of pictures) {",
    replace: "for (const picture of missing.keys()) {",
  },
  {
    name: "a picture with other bytes is exported",
    by: `${everything}.test.ts > leaves out pictures whose files are lost`,
    file: `${core}/everything/originalPicture.ts`,
    find: "  if (sha256 !== null) {",
    replace: "  if (sha256 === key) {",
  },
  {
    name: "the texts of an export are not part of its content",
    by: `${everything}.test.ts > is the ready one while nothing has changed`,
    file: `${core}/everything/textFile.ts`,
    find: "    onPart(text);\n",
    replace: '    onPart("");\n',
  },
  {
    name: "any owner reads an export",
    by: `${others} > getExport`,
    file: `${core}/exports.sql.ts`,
    find: "where e.export_id = ${export_id} and e.owner_id = ${owner_id} and e.status <> 'deleted'",
    replace:
      "where e.export_id = ${export_id} and ${owner_id}::text is not null and e.status <> 'deleted'",
  },
  {
    name: "any owner deletes an export",
    by: `${others} > deleteExport`,
    file: `${core}/exports.sql.ts`,
    find: "select 1 from exports where export_id = ${export_id} and owner_id = ${owner_id} for update",
    replace:
      "select 1 from exports where export_id = ${export_id} and ${owner_id}::text is not null for update",
  },
  {
    name: "any owner exports a dataset",
    by: `${others} > createExport`,
    file: `${core}/exports.sql.ts`,
    find: "where dataset_id = ${dataset_id} and owner_id = ${owner_id}\n    for update",
    replace: "where dataset_id = ${dataset_id} and ${owner_id}::text is not null\n    for update",
  },
  {
    name: "an image that is another owner's by now is exported",
    by: `${others} > that was one's own is not exported`,
    file: `${core}/exports.sql.ts`,
    find: "where image_id in ${tx(ids)} and ${isItemImage(tx, owner_id)}\n",
    replace: "where image_id in ${tx(ids)} and ${owner_id}::text is not null\n",
  },
  {
    name: "an owner starts a sixth export in 24 hours",
    by: `${routes} > answers 429 to the sixth`,
    file: `${core}/exportQuota.ts`,
    find: "if (started <= limit) return;",
    replace: "if (started <= limit + 1) return;",
  },
  {
    name: "a changed caption gets the zips without it",
    by: `${routes} > begins another export after a caption changed`,
    file: `${core}/contentSha256.ts`,
    find: "      caption,\n",
    replace: "",
  },
  {
    name: "a zip is written by two consumers at once",
    by: `${worker} > the second leaves a zip alone`,
    file: `${core}/exportFiles.sql.ts`,
    find: "and f.status = 'pending' and ${isFree(sql)} and attempts",
    replace: "and f.status = 'pending' and attempts",
  },
  {
    name: "a consumer that lost its lease finishes the zip",
    by: `${worker} > to a consumer that lost its lease`,
    file: `${core}/exportFiles.sql.ts`,
    find: "file_index = ${file_index} and lease = ${lease} and status = 'pending'",
    replace: "file_index = ${file_index} and ${lease}::uuid is not null and status = 'pending'",
  },
  {
    name: "a consumer that dies has not tried",
    by: `${worker} > in its last attempt fails the export`,
    file: `${core}/exportFiles.sql.ts`,
    find: "set attempts = attempts + 1, requeues = 0",
    replace: "set requeues = 0",
  },
  {
    name: "a zip is written on after its export has ended",
    by: `${worker} > while its zip is written, an export`,
    file: `${core}/keepLease.ts`,
    find: "return lost.abort(new LeaseLostError());",
    replace: "return;",
  },
  {
    name: "a zip stays that contains a deleted image",
    by: `${routes} > ends as failed when the image`,
    file: "packages/core/images/endExports.ts",
    find: "const ended = await rows.lock(tx, { image_ids });",
    replace: "const ended = await rows.lock(tx, { image_ids: image_ids.slice(0, 0) });",
  },
  {
    name: "a zip stays that contains a deleted control image",
    by: `${routes} > ends as failed when the control image`,
    file: "packages/core/images/endExports.sql.ts",
    find: "    union all select export_id from export_items where control_image_id in ${images}\n",
    replace: "",
  },
  {
    name: "two zips that are written at once leave their export running",
    by: "test/workers/exportDataset.test.ts > last two zips are written at once",
    file: `${core}/exportFiles.sql.ts`,
    find: "    await tx`select 1 from exports where export_id = ${export_id} for update`;\n",
    replace: "",
  },
  {
    name: "what a dead consumer has begun stays when its export fails",
    by: "test/workers/exportDataset.test.ts > in its last attempt fails the export",
    file: "packages/core/erasures/objectEraser.ts",
    find: "    await exportStore.abortUnfinished(key);\n",
    replace: "",
  },
  {
    name: "zips are kept for longer than a day",
    by: `${worker} > expires after 24 hours`,
    file: "packages/core/images/endExports.sql.ts",
    find: "where status = 'ready' and expires_at <= now()",
    replace: "where status = 'ready' and expires_at <= now() - interval '1 hour'",
  },
  {
    name: "all zips of an export are queued at once",
    by: `${queue} > queues two, and the next one`,
    file: `${core}/exportFiles.sql.ts`,
    find: "export const zipsQueuedAtOnce = 2;",
    replace: "export const zipsQueuedAtOnce = 1_000;",
  },
  {
    name: "the next zip waits for the sweep",
    by: `${queue} > queues two, and the next one`,
    file: `${core}/exportDataset.ts`,
    find: "    await sendOrMarkUnsent(exportQueue, next, (unsent) => rows.markUnsent(sql, unsent));\n",
    replace: "",
  },
  {
    name: "a zip is never queued whose message was not sent after the one before",
    by: `${queue} > has zips that no sweep queues before it is their turn`,
    file: `${core}/exportFiles.sql.ts`,
    find: "update export_files set queue_after = now() + make_interval(secs => ${queuedSeconds})\n  where export_id",
    replace: "update export_files set queue_after = 'infinity'\n  where export_id",
  },
  {
    name: "an export of any size is written",
    by: `${routes} > rejects an export of more than 20 GB`,
    file: `${core}/createExport.ts`,
    find: "    requireFitting(items, { layout, ...options });\n",
    replace: "",
  },
  {
    name: "an export is the answer in the second before it expires",
    by: `${routes} > begins another export when the ready one expires`,
    file: `${core}/exports.sql.ts`,
    find: "'ready' and e.expires_at > now() + interval '1 hour'))",
    replace: "'ready' and e.expires_at > now()))",
  },
  {
    name: "an export without attempts stays pending when its queue was lost",
    by: `${worker} > has used up its attempts fails when the queue lost`,
    file: "packages/core/images/endExports.sql.ts",
    find: "and coalesce(leased_until <= now(), true)",
    replace: "and leased_until <= now()",
  },
  {
    name: "the parts of a write that was aborted stay",
    by: `${store} > leaves nothing when it is aborted`,
    file: `${cloud}/exportStore.ts`,
    find: "      await upload?.abort().catch(() => {});\n",
    replace: "",
  },
  {
    name: "the parts of an attempt that was killed stay",
    by: `${store} > aborts what an earlier attempt left`,
    file: `${cloud}/exportStore.ts`,
    find: "      await abortMultipartUploads(s3, { Bucket: bucket, Key: key });\n",
    replace: "",
  },
  {
    name: "the client puts later batches of items in front of the first",
    by: "test/client/putDatasetItems.test.ts > moves more items",
    file: "packages/client/putItemsInBatches.ts",
    find: "    if (place !== undefined) place = batch.at(-1)!.image_id;\n",
    replace: "",
  },
];
