-- migrate:up

-- Whether the prompt that a generator wrote into a PNG becomes the caption of the image.
alter table images add column keep_prompt boolean not null default true;

-- As before, with keep_prompt, which the previous release does not send.
create or replace function reserve_upload(declared jsonb, max_uploads integer, max_bytes bigint,
                                          url_seconds integer, upload_seconds integer)
returns timestamptz language plpgsql as $$
declare
  reserved_at timestamptz;
begin
  -- one request at a time per owner: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended(declared ->> 'owner_id', 0));
  reserved_at := date_trunc('milliseconds', clock_timestamp());
  insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                      source_sha256, filename, visibility, keep_prompt,
                      url_expires_at, expires_at)
  select d.image_id, d.owner_id, 'web', '{}', 'pending', d.content_type, d.bytes,
         d.source_sha256, d.filename, coalesce(d.visibility, 'public'), coalesce(d.keep_prompt, true),
         reserved_at + make_interval(secs => url_seconds),
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

create or replace function reserve_upload(declared jsonb, max_uploads integer, max_bytes bigint,
                                          url_seconds integer, upload_seconds integer)
returns timestamptz language plpgsql as $$
declare
  reserved_at timestamptz;
begin
  -- one request at a time per owner: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended(declared ->> 'owner_id', 0));
  reserved_at := date_trunc('milliseconds', clock_timestamp());
  insert into images (image_id, owner_id, platform, source, status, content_type, bytes,
                      source_sha256, filename, visibility, url_expires_at, expires_at)
  select d.image_id, d.owner_id, 'web', '{}', 'pending', d.content_type, d.bytes,
         d.source_sha256, d.filename, coalesce(d.visibility, 'public'),
         reserved_at + make_interval(secs => url_seconds),
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

alter table images drop column keep_prompt;
