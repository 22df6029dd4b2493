-- migrate:up

-- What a request with an idempotency key made that is neither a world nor pieces. The previous release reads and
-- writes world_id and piece_ids only, of routes of its own.
alter table requests
  add column result jsonb,
  alter column world_id drop not null,
  alter column piece_ids drop not null,
  add constraint requests_made check (result is not null or (world_id is not null and piece_ids is not null));

-- How many images of an owner requests are publishing at this moment, and the bytes that were sent of them. A
-- request ends after 30 seconds at most.
create function images_in_flight(owner text, out images bigint, out bytes bigint)
language sql volatile as $$
  select count(*), coalesce(sum(i.bytes), 0) from images i
  where i.owner_id = owner and i.platform = 'base64' and i.status = 'pending'
    and i.attempted_at > clock_timestamp() - interval '30 seconds'
$$;

-- Inserts an image whose bytes a request has, if its owner's quota has room for it. Otherwise `problem` is `full`,
-- for the stored bytes, or `too_many`, for the images in flight.
create function reserve_image(declared jsonb, quota jsonb, lifetime_seconds integer, out problem text)
language plpgsql as $$
declare
  new_image images := jsonb_populate_record(null::images, declared);
  in_flight record;
  uploads   bigint;
begin
  -- one request at a time per owner, uploads included: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended(new_image.owner_id, 0));
  select * into in_flight from images_in_flight(new_image.owner_id);
  select coalesce(sum(i.bytes), 0) into uploads from images i
  where i.owner_id = new_image.owner_id and i.platform = 'web' and i.status = 'pending'
    and i.url_expires_at > clock_timestamp();

  if (quota ->> 'owner_bytes')::bigint > 0
     and owner_stored_bytes(new_image.owner_id) + uploads + in_flight.bytes + new_image.bytes
         > (quota ->> 'owner_bytes')::bigint then
    problem := 'full';
    return;
  end if;
  if in_flight.images >= (quota ->> 'images')::integer then
    problem := 'too_many';
    return;
  end if;

  insert into images (image_id, owner_id, platform, source, status, bytes, source_sha256, filename,
                      visibility, keep_prompt, attempts, attempted_at, expires_at)
  values (new_image.image_id, new_image.owner_id, 'base64', '{}', 'pending', new_image.bytes,
          new_image.source_sha256, new_image.filename, new_image.visibility, new_image.keep_prompt,
          1, clock_timestamp(), clock_timestamp() + make_interval(secs => lifetime_seconds));
end
$$;

-- The quota of an upload, whose room the images in flight take too. Waits for other requests of the owner.
create function quota_beside_images(owner text, quota jsonb)
returns jsonb language plpgsql as $$
begin
  if (quota ->> 'owner_bytes')::bigint = 0 then
    return quota;
  end if;
  perform pg_advisory_xact_lock(hashtextextended(owner, 0));
  return quota || jsonb_build_object('owner_bytes', greatest(
    1, (quota ->> 'owner_bytes')::bigint - (select f.bytes from images_in_flight(owner) f)));
end
$$;

-- migrate:down

drop function quota_beside_images;
drop function reserve_image;
drop function images_in_flight;
delete from requests where world_id is null;
alter table requests
  drop constraint requests_made,
  alter column world_id set not null,
  alter column piece_ids set not null,
  drop column result;
