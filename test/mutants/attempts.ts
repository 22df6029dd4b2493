import type { Mutant } from "./mutant.ts";

const core = "packages/core";
const rehosts = `${core}/rehosts/rehosts.sql.ts`;

/** Attempts that are counted, replies that are owed, and what a dead attempt left behind. */
export const attempts: Mutant[] = [
  {
    name: "an attempt to publish a portrait is not counted",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "set attempts = p.attempts + 1, attempted_at = now(), requeues = 0",
    replace: "set attempted_at = now(), requeues = 0",
  },
  {
    name: "an attempt does not reset how often a portrait was queued",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "set attempts = p.attempts + 1, attempted_at = now(), requeues = 0",
    replace: "set attempts = p.attempts + 1, attempted_at = now()",
  },
  {
    name: "a replaced portrait keeps the attempts of the one before",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "        attempts = 0, attempted_at = null, updated_at = now()\n",
    replace: "        updated_at = now()\n",
  },
  {
    name: "a replaced portrait keeps the error of the one before",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "portrait_status = 'pending', portrait_error = null,",
    replace: "portrait_status = 'pending',",
  },
  {
    name: "an attempt to publish an upload is not counted",
    file: `${core}/uploads/uploads.sql.ts`,
    find: "set attempts = attempts + 1, attempted_at = now()\n",
    replace: "set attempted_at = now()\n",
    tests: ["test/workers/attempts.test.ts"],
  },
  {
    name: "an upload that expires leaves what a dead attempt published",
    file: `${core}/uploads/expireUploads.ts`,
    find: "({ attempts }) => attempts > 0",
    replace: "({ attempts }) => attempts > 1",
    tests: ["test/workers/attempts.test.ts"],
  },
  {
    name: "an upload that expires erases what was never attempted",
    file: `${core}/uploads/expireUploads.ts`,
    find: "({ attempts }) => attempts > 0",
    replace: "({ attempts }) => attempts >= 0",
    tests: ["test/workers/attempts.test.ts"],
  },
  {
    name: "a rejected image leaves what a dead attempt published",
    file: `${core}/images/rejectImage.ts`,
    find: "if (rejected.attempts > 1)",
    replace: "if (rejected.attempts > 2)",
    tests: ["test/workers/replies.test.ts"],
  },
  {
    name: "a rejected portrait leaves what a dead attempt published",
    file: `${core}/portraits/publishPortraits.ts`,
    find: 'if (status !== "rejected" || attempts === 1) continue;',
    replace: 'if (status !== "never" || attempts === 1) continue;',
  },
  {
    name: "what was written of a deleted piece stays public",
    file: `${core}/portraits/publishPortraits.ts`,
    find: "  if (unsaved.length > 0) await removeDeleted({ sql, images }, unsaved);\n",
    replace: "",
    tests: ["test/api/erasures.test.ts"],
  },
  {
    name: "what another worker published of a piece is removed",
    file: `${core}/portraits/publishPortraits.ts`,
    find: "const deleted = unsaved.filter(({ piece_id }) => !existing.has(piece_id));",
    replace: "const deleted = unsaved.filter(({ piece_id }) => existing || piece_id);",
    tests: ["test/workers/uploadPortraits.test.ts"],
  },
  {
    name: "what was written of a deleted re-host stays public",
    file: `${core}/rehosts/publishRehosts.ts`,
    find: "  if (!(await images.exists(sql, image_id))) await bucket.remove(published.key);\n",
    replace: "",
    tests: ["test/api/rehostImage.test.ts", "test/workers/rehostImages.test.ts"],
  },
  {
    name: "what another worker published of a re-host is removed",
    file: `${core}/rehosts/publishRehosts.ts`,
    find: "if (!(await images.exists(sql, image_id))) await",
    replace: "await",
    tests: ["test/api/telegramPhotos.test.ts", "test/workers/rehostImages.test.ts"],
  },
  {
    name: "what was written of a deleted upload stays public",
    file: `${core}/uploads/completeUpload.ts`,
    find: '    if (current?.status !== "published") await services.images.remove(image.key);\n',
    replace: "",
  },
  {
    name: "what another call published of an upload is removed",
    file: `${core}/uploads/completeUpload.ts`,
    find: 'if (current?.status !== "published") await',
    replace: "if (current) await",
  },
  {
    name: "the object of a duplicate stays public",
    file: `${core}/uploads/completeUpload.ts`,
    find: '      if (marked) await erasures.start(tx, owner_id, [{ bucket: "images", key: image.key }]);\n',
    replace: "",
  },
  {
    name: "an attempt to re-host is not counted",
    file: rehosts,
    find: "set attempts = i.attempts + case when i.status = 'pending' then 1 else 0 end,",
    replace: "set attempts = i.attempts,",
  },
  {
    name: "an attempt to reply is not counted",
    file: rehosts,
    find: "+ case when i.status = 'pending' or claimed.is_replying then 0 else 1 end,",
    replace: "+ 0,",
  },
  {
    name: "two workers reply at once",
    file: rehosts,
    find: "attempted_at > now() - make_interval(secs => ${attemptSeconds}), false) as is_replying",
    replace:
      "attempted_at > now() + make_interval(secs => ${attemptSeconds}), false) as is_replying",
  },
  {
    name: "a reply that another worker began is never taken over",
    file: rehosts,
    find: "attempted_at > now() - make_interval(secs => ${attemptSeconds}), false) as is_replying",
    replace:
      "attempted_at > now() - 99 * make_interval(secs => ${attemptSeconds}), false) as is_replying",
  },
  {
    name: "a sender is replied to without end",
    file: rehosts,
    find: "             and reply_attempts < ${maxAttempts} and ${stale})\n",
    replace: "             and ${stale})\n",
  },
  {
    name: "a reply that is owed is not queued again",
    file: rehosts,
    find: "         or (${owesReply(sql)} and retry_at is null\n",
    replace: "         or (false and ${owesReply(sql)} and retry_at is null\n",
  },
  {
    name: "the sender of a failed picture gets no reply",
    file: rehosts,
    find: "  status <> 'pending' and replied_at is null and platform = 'telegram' and source ? 'chat_id'\n",
    replace:
      "  status = 'published' and replied_at is null and platform = 'telegram' and source ? 'chat_id'\n",
  },
  {
    name: "a picture that is sent again is not replied to again",
    file: rehosts,
    find: "requeues = 0, replied_at = null, retry_at = null,",
    replace: "requeues = 0, retry_at = null,",
  },
  {
    name: "a reply to an older message counts for a newer one",
    file: rehosts,
    find: "where image_id = ${image_id} and source = ${sql.json(source)}",
    replace: "where image_id = ${image_id} and ${sql.json(source)}::jsonb is not null",
  },
  {
    name: "a sender who blocked the bot is tried again",
    file: `${core}/rehosts/publishRehosts.ts`,
    find: "      if (!(error instanceof PermanentError)) throw error;\n",
    replace: "      throw error;\n",
    tests: ["test/api/telegramPhotos.test.ts"],
  },
  {
    name: "a reply that failed for now is given up",
    file: `${core}/rehosts/publishRehosts.ts`,
    find: "      if (!(error instanceof PermanentError)) throw error;\n",
    replace: "",
  },
  {
    name: "a sender who has a reply gets it again",
    file: `${core}/rehosts/publishRehosts.ts`,
    find: "if (replies && image.replied_at === null && chat_id",
    replace: "if (replies && chat_id",
  },
  {
    name: "the sender is never marked as replied to",
    file: `${core}/rehosts/publishRehosts.ts`,
    find: "  await rows.markReplied(sql, image);\n",
    replace: "",
  },
  {
    name: "a failed image that is sent again forgets its attempt",
    file: rehosts,
    find: "attempts = case images.status when 'failed' then 1 else 0 end,",
    replace: "attempts = 0,",
  },
  {
    name: "a failed row's text says that it is tried again",
    file: `${core}/portraits/portraits.sql.ts`,
    find: "replace(portrait_error, ' It is tried again.', '')",
    replace: "portrait_error",
  },
  {
    name: "a failed re-host's text says that it is tried again",
    file: rehosts,
    find: "replace(error, ' It is tried again.', '')",
    replace: "error",
  },
  {
    name: "the sender of an image that the sweep gave up waits for its reply",
    file: rehosts,
    find: "set status = 'failed', queued_at = null, requeues = 0,",
    replace: "set status = 'failed',",
  },
];
