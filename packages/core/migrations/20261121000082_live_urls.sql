-- migrate:up

-- Every presigned URL that still accepts its file, whatever became of the upload: rejected, cancelled or deleted
-- with everything of its owner.
create table upload_urls (
  upload_id  uuid primary key,
  owner_id   text not null,
  expires_at timestamptz not null
);
create index upload_urls_by_owner on upload_urls (owner_id, expires_at desc);
create index upload_urls_by_age on upload_urls (expires_at);
insert into upload_urls (upload_id, owner_id, expires_at)
  select image_id, owner_id, url_expires_at from images
  where platform = 'web' and url_expires_at > now();

create index images_live_uploads on images (owner_id, url_expires_at)
  where platform = 'web' and status = 'pending';

-- Inserts an upload if its owner's quota has room for it, and returns when. Otherwise `problem` is `full`, for
-- the stored bytes, or `too_many`, with the seconds until a URL expires that makes room. Only uploads whose URL
-- is live count as pending: later ones wait for the sweep, not for a caller. The times count from
-- `reserved_at`, by the database's clock: a request that waited for the lock gets a whole URL. The functions
-- with other parameters serve earlier releases.
create function reserve_upload(declared jsonb, quota jsonb, url_seconds integer, upload_seconds integer,
                               out reserved_at timestamptz, out problem text, out retry_seconds integer)
language plpgsql as $$
declare
  instant    timestamptz;
  new_upload images := jsonb_populate_record(null::images, declared);
  room_at    timestamptz;
  pending    record;
begin
  -- one request at a time per owner: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended(new_upload.owner_id, 0));
  instant := date_trunc('milliseconds', clock_timestamp());

  select u.expires_at into room_at from upload_urls u
  where u.owner_id = new_upload.owner_id and u.expires_at > instant
  order by u.expires_at desc
  offset (quota ->> 'urls')::integer - 1
  limit 1;
  select count(*) as uploads, coalesce(sum(i.bytes), 0) as bytes, min(i.url_expires_at) as first_expires_at
  into pending from images i
  where i.owner_id = new_upload.owner_id and i.platform = 'web' and i.status = 'pending'
    and i.url_expires_at > instant;

  if (quota ->> 'owner_bytes')::bigint > 0
     and owner_stored_bytes(new_upload.owner_id) + pending.bytes + new_upload.bytes
         > (quota ->> 'owner_bytes')::bigint then
    problem := 'full';
    return;
  end if;
  if room_at is null and (pending.uploads >= (quota ->> 'uploads')::integer
                          or pending.bytes + new_upload.bytes > (quota ->> 'bytes')::bigint) then
    room_at := coalesce(pending.first_expires_at, instant);
  end if;
  if room_at is not null then
    problem := 'too_many';
    retry_seconds := greatest(1, ceil(extract(epoch from room_at - instant)));
    return;
  end if;

  reserved_at := instant;
  insert into upload_urls (upload_id, owner_id, expires_at)
  values (new_upload.image_id, new_upload.owner_id, instant + make_interval(secs => url_seconds));
  insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                      source_sha256, filename, visibility, keep_prompt,
                      url_expires_at, retry_at, expires_at)
  values (new_upload.image_id, new_upload.owner_id, 'web', '{}', 'pending', new_upload.content_type,
          new_upload.bytes, new_upload.source_sha256, new_upload.filename,
          coalesce(new_upload.visibility, 'public'), coalesce(new_upload.keep_prompt, true),
          instant + make_interval(secs => url_seconds), instant + make_interval(secs => url_seconds),
          instant + make_interval(secs => upload_seconds));
end
$$;

-- migrate:down

drop function reserve_upload(jsonb, jsonb, integer, integer);
drop index images_live_uploads;
drop table upload_urls;
