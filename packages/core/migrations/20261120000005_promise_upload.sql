-- migrate:up

-- Inserts an upload if the owner's quota has room for it, and returns whether it had: one call, where a
-- transaction takes six round trips. Replaced by reserve_upload.
create function promise_upload(promised jsonb, most_uploads integer, most_bytes bigint)
returns boolean language plpgsql as $$
begin
  -- one request at a time per owner: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended(promised ->> 'owner_id', 0));
  insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                      source_sha256, filename, url_expires_at, expires_at)
  select p.image_id, p.owner_id, 'web', '{}', 'pending', p.content_type, p.bytes,
         p.source_sha256, p.filename, p.url_expires_at, p.expires_at
  from jsonb_populate_record(null::images, promised) p
  where (
    select count(*) < most_uploads and coalesce(sum(i.bytes), 0) + p.bytes <= most_bytes
    from images i
    where i.owner_id = p.owner_id and i.platform = 'web' and i.status = 'pending'
      and i.expires_at > now()
  );
  return found;
end
$$;

-- migrate:down

drop function promise_upload;
