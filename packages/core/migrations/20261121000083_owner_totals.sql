-- migrate:up

-- Creating triggers takes these locks anyway. In the order in which the releases change rows: otherwise this
-- migration and a request could wait for each other.
lock table worlds, lore_pieces, images in share row exclusive mode;

-- How many published images each owner has, and the bytes of those and of its portraits, are the sums of these
-- rows. Every change adds a row, in its own transaction, and waits for no other; the sweep adds the rows of an
-- owner up. So a sum reads one row and those of the last minutes, however much an owner has. Triggers write
-- them, so that the previous release does too.
create table owner_totals (
  owner_id text not null,
  bytes    bigint not null default 0,
  images   integer not null default 0,
  -- of rows that the sweep has added up
  is_sum   boolean not null default false
);
create index owner_totals_by_owner on owner_totals (owner_id);
create index owner_totals_changes on owner_totals (owner_id) where not is_sum;

create function owner_stored_bytes(owner text)
returns bigint language sql stable parallel safe as $$
  select coalesce(sum(t.bytes), 0)::bigint from owner_totals t where t.owner_id = owner
$$;

create function is_counted(image images)
returns boolean language sql immutable parallel safe as $$
  select image.status = 'published' and image.duplicate_of is null
$$;

create function image_stored_bytes(image images)
returns bigint language sql immutable parallel safe as $$
  select case when is_counted(image) then coalesce(image.stored_bytes, image.bytes, 0) else 0 end::bigint
$$;

create function count_new_image()
returns trigger language plpgsql as $$
begin
  insert into owner_totals (owner_id, bytes, images) values (new.owner_id, image_stored_bytes(new), 1);
  return null;
end
$$;
create trigger images_total_of_new after insert on images
  for each row when (is_counted(new)) execute function count_new_image();

create function count_changed_image()
returns trigger language plpgsql as $$
begin
  insert into owner_totals (owner_id, bytes, images)
  values (new.owner_id, image_stored_bytes(new) - image_stored_bytes(old),
          is_counted(new)::integer - is_counted(old)::integer);
  return null;
end
$$;
create trigger images_total after update of status, stored_bytes, duplicate_of on images
  for each row when (is_counted(old) <> is_counted(new)
                     or image_stored_bytes(old) <> image_stored_bytes(new))
  execute function count_changed_image();

-- one row for all images of an owner that a statement deletes
create function count_deleted_images()
returns trigger language plpgsql as $$
begin
  insert into owner_totals (owner_id, bytes, images)
    select d.owner_id, -sum(image_stored_bytes(d)), -count(*) from deleted d
    where is_counted(d) group by d.owner_id;
  return null;
end
$$;
create trigger images_total_of_deleted after delete on images
  referencing old table as deleted for each statement execute function count_deleted_images();

create function count_portrait_bytes()
returns trigger language plpgsql as $$
begin
  -- of a piece that is deleted with its world, the world is gone by now, and has counted it
  insert into owner_totals (owner_id, bytes)
    select w.owner_id,
           coalesce(case tg_op when 'UPDATE' then new.stored_bytes end, 0) - coalesce(old.stored_bytes, 0)
    from worlds w where w.world_id = old.world_id;
  return null;
end
$$;
create trigger lore_pieces_total after update of stored_bytes on lore_pieces
  for each row when (old.stored_bytes is distinct from new.stored_bytes)
  execute function count_portrait_bytes();
create trigger lore_pieces_total_of_deleted after delete on lore_pieces
  for each row when (old.stored_bytes is not null) execute function count_portrait_bytes();

create function count_world_bytes()
returns trigger language plpgsql as $$
begin
  insert into owner_totals (owner_id, bytes)
    select old.owner_id, -sum(p.stored_bytes) from lore_pieces p
    where p.world_id = old.world_id having sum(p.stored_bytes) > 0;
  return old;
end
$$;
create trigger worlds_total before delete on worlds
  for each row execute function count_world_bytes();

-- Creating the triggers waited for every transaction that had written images, and others wait until this one
-- ends (readers do not): each image is counted once, here or by a trigger. No portrait has stored bytes yet.
insert into owner_totals (owner_id, bytes, images, is_sum)
  select owner_id, sum(image_stored_bytes(i)), count(*), true from images i
  where is_counted(i) group by owner_id;

-- migrate:down

drop trigger worlds_total on worlds;
drop trigger lore_pieces_total on lore_pieces;
drop trigger lore_pieces_total_of_deleted on lore_pieces;
drop trigger images_total on images;
drop trigger images_total_of_new on images;
drop trigger images_total_of_deleted on images;
drop function count_world_bytes;
drop function count_portrait_bytes;
drop function count_deleted_images;
drop function count_changed_image;
drop function count_new_image;
drop function image_stored_bytes;
drop function is_counted;
drop function owner_stored_bytes;
drop table owner_totals;
