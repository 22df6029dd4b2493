-- migrate:up

-- `promise_upload` under the name of what it does. The previous release still calls the old one: the
-- release after this one drops it.
create function reserve_upload(declared jsonb, max_uploads integer, max_bytes bigint)
returns boolean language plpgsql as $$
begin
  -- one request at a time per owner: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended(declared ->> 'owner_id', 0));
  insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                      source_sha256, filename, url_expires_at, expires_at)
  select d.image_id, d.owner_id, 'web', '{}', 'pending', d.content_type, d.bytes,
         d.source_sha256, d.filename, d.url_expires_at, d.expires_at
  from jsonb_populate_record(null::images, declared) d
  where (
    select count(*) < max_uploads and coalesce(sum(i.bytes), 0) + d.bytes <= max_bytes
    from images i
    where i.owner_id = d.owner_id and i.platform = 'web' and i.status = 'pending'
      and i.expires_at > now()
  );
  return found;
end
$$;

-- migrate:down

drop function reserve_upload;
