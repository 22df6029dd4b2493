-- migrate:up

-- `reserve_upload` by columns. From JSON, each call makes a whole row of `images`, which takes as long as the limits.
-- Beside the owner's stored bytes, the images in flight take room too. The functions with other parameters serve
-- earlier releases.
create function reserve_upload(
  upload_id uuid, owner text, declared_type text, declared_bytes bigint, declared_sha256 text, declared_filename text,
  wanted_visibility text, keeps_prompt boolean,
  max_uploads integer, max_bytes bigint, max_urls integer, owner_bytes bigint,
  url_seconds integer, upload_seconds integer,
  out reserved_at timestamptz, out problem text, out retry_seconds integer)
language plpgsql as $$
declare
  instant          timestamptz;
  room_at          timestamptz;
  pending_uploads  bigint;
  pending_bytes    bigint;
  first_expires_at timestamptz;
  url_expiry       timestamptz;
begin
  -- one request at a time per owner: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended(owner, 0));
  instant := date_trunc('milliseconds', clock_timestamp());

  select count(*), coalesce(sum(i.bytes), 0), min(i.url_expires_at),
         (select u.expires_at from upload_urls u
          where u.owner_id = owner and u.expires_at > instant
          order by u.expires_at desc
          offset max_urls - 1
          limit 1)
  into pending_uploads, pending_bytes, first_expires_at, room_at
  from images i
  where i.owner_id = owner and i.platform = 'web' and i.status = 'pending' and i.url_expires_at > instant;

  if owner_bytes > 0
     and owner_stored_bytes(owner) + pending_bytes + declared_bytes
         + (select f.bytes from images_in_flight(owner) f) > owner_bytes then
    problem := 'full';
    return;
  end if;
  if room_at is null and (pending_uploads >= max_uploads or pending_bytes + declared_bytes > max_bytes) then
    room_at := coalesce(first_expires_at, instant);
  end if;
  if room_at is not null then
    problem := 'too_many';
    retry_seconds := greatest(1, ceil(extract(epoch from room_at - instant)));
    return;
  end if;

  reserved_at := instant;
  url_expiry := instant + make_interval(secs => url_seconds);
  insert into upload_urls (upload_id, owner_id, expires_at)
  values (reserve_upload.upload_id, owner, url_expiry);
  insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                      source_sha256, filename, visibility, keep_prompt,
                      url_expires_at, retry_at, expires_at)
  values (reserve_upload.upload_id, owner, 'web', '{}', 'pending', declared_type, declared_bytes,
          declared_sha256, declared_filename, wanted_visibility, keeps_prompt,
          url_expiry, url_expiry, instant + make_interval(secs => upload_seconds));
end
$$;

-- migrate:down

drop function reserve_upload(uuid, text, text, bigint, text, text, text, boolean, integer, bigint, integer, bigint,
                             integer, integer);
