-- migrate:up

-- How often a consumer began to work on a row, and when it last did. Counted before the work, so that a
-- process that dies is counted too. `requeues` now counts only how often a row was queued since then.
alter table lore_pieces
  add column attempts     integer not null default 0,
  add column attempted_at timestamptz;
alter table images
  add column attempts       integer not null default 0,
  add column attempted_at   timestamptz,
  add column reply_attempts integer not null default 0;

-- The previous release did not count: any of these may have been stored already.
update lore_pieces set attempts = 1 where portrait_status = 'pending';
update images set attempts = 1 where status = 'pending';

-- Senders now get a reply about pictures that failed, but not about those that failed long ago.
update images set replied_at = now()
where status = 'failed' and platform = 'telegram' and replied_at is null
  and created_at < now() - interval '1 day';

-- A failed row is not tried again by itself.
update lore_pieces set portrait_error = replace(portrait_error, ' It is tried again.', '')
where portrait_status = 'failed' and portrait_error like '%It is tried again.';
update images set error = replace(error, ' It is tried again.', '')
where status = 'failed' and error like '%It is tried again.';

create index images_replies_owed on images (queued_at)
  where replied_at is null and status <> 'pending' and platform = 'telegram' and source ? 'chat_id';
create index lore_pieces_failed on lore_pieces (piece_id) where portrait_status = 'failed';
create index images_failed on images (image_id) where status = 'failed';

-- Inserts an upload if the owner's quota has room for it, and returns when; null when there is no room.
-- The times count from there: a request that waited for the lock gets a whole URL, and the database's
-- clock decides. The function with three parameters serves the previous release.
create function reserve_upload(declared jsonb, max_uploads integer, max_bytes bigint,
                               url_seconds integer, upload_seconds integer)
returns timestamptz language plpgsql as $$
declare
  reserved_at timestamptz;
begin
  -- one request at a time per owner: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended(declared ->> 'owner_id', 0));
  reserved_at := date_trunc('milliseconds', clock_timestamp());
  insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                      source_sha256, filename, url_expires_at, expires_at)
  select d.image_id, d.owner_id, 'web', '{}', 'pending', d.content_type, d.bytes,
         d.source_sha256, d.filename, reserved_at + make_interval(secs => url_seconds),
         reserved_at + make_interval(secs => upload_seconds)
  from jsonb_populate_record(null::images, declared) d
  where (
    select count(*) < max_uploads and coalesce(sum(i.bytes), 0) + d.bytes <= max_bytes
    from images i
    where i.owner_id = d.owner_id and i.platform = 'web' and i.status = 'pending'
      and i.expires_at > reserved_at
  );
  return case when found then reserved_at end;
end
$$;

-- migrate:down

drop function reserve_upload(jsonb, integer, bigint, integer, integer);
drop index images_failed, lore_pieces_failed, images_replies_owed;
alter table images drop column reply_attempts, drop column attempted_at, drop column attempts;
alter table lore_pieces drop column attempted_at, drop column attempts;
