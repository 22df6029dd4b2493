-- migrate:up

-- Private images are stored in the private bucket and have no permanent URL. The previous release does not
-- know them: it answers them without a URL, and when it deletes one it leaves the object, which
-- `npm run audit -- --fix` erases. It runs for minutes while the new release already creates them.
alter table images
  add column visibility text not null default 'public' check (visibility in ('public', 'private')),
  drop constraint images_check,
  add constraint images_published check (
    status <> 'published' or duplicate_of is not null
    or (sha256 is not null and case visibility when 'public' then url else key end is not null)
  );
alter table erasure_objects
  drop constraint erasure_objects_bucket_check,
  add constraint erasure_objects_bucket_check check (bucket in ('images', 'incoming', 'private'));

-- As before, with the visibility, which the previous release does not send.
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

-- migrate:down

create or replace function reserve_upload(declared jsonb, max_uploads integer, max_bytes bigint,
                                          url_seconds integer, upload_seconds integer)
returns timestamptz language plpgsql as $$
declare
  reserved_at timestamptz;
begin
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
alter table erasure_objects
  drop constraint erasure_objects_bucket_check,
  add constraint erasure_objects_bucket_check check (bucket in ('images', 'incoming'));
alter table images
  drop constraint images_published,
  add constraint images_check
    check (status <> 'published' or (url is not null and sha256 is not null) or duplicate_of is not null),
  drop column visibility;
