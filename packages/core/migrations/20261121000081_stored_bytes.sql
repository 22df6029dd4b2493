-- migrate:up

-- The size of a published picture with its smaller copies. Null for those of earlier releases: of an image,
-- `bytes` is counted then; of a portrait, nothing.
alter table images add column stored_bytes integer;
alter table lore_pieces add column stored_bytes integer;

-- What each owner has stored is the sum of these rows. Every change adds a row, in its own transaction, and
-- waits for no other; the sweep adds the rows of an owner up. So a sum reads one row and those of the last
-- minutes, however much an owner has. Triggers write them, so that the previous release does too.
create table stored_bytes (
  owner_id text not null,
  bytes    bigint not null,
  -- of rows that the sweep has added up
  is_sum   boolean not null default false
);
create index stored_bytes_by_owner on stored_bytes (owner_id);
create index stored_bytes_changes on stored_bytes (owner_id) where not is_sum;

create function owner_stored_bytes(owner text)
returns bigint language sql stable parallel safe as $$
  select coalesce(sum(s.bytes), 0)::bigint from stored_bytes s where s.owner_id = owner
$$;

create function image_stored_bytes(image images)
returns bigint language sql immutable parallel safe as $$
  select case when image.status = 'published' and image.duplicate_of is null
    then coalesce(image.stored_bytes, image.bytes, 0) else 0 end::bigint
$$;

insert into stored_bytes (owner_id, bytes, is_sum)
  select owner_id, sum(image_stored_bytes(i)), true from images i
  where status = 'published' group by owner_id;

create function count_image_bytes()
returns trigger language plpgsql as $$
declare
  change bigint := 0;
begin
  if tg_op <> 'INSERT' then change := change - image_stored_bytes(old); end if;
  if tg_op <> 'DELETE' then change := change + image_stored_bytes(new); end if;
  if change <> 0 then
    insert into stored_bytes (owner_id, bytes) values (coalesce(new.owner_id, old.owner_id), change);
  end if;
  return null;
end
$$;
create trigger images_stored_bytes_of_new after insert on images
  for each row when (new.status = 'published') execute function count_image_bytes();
create trigger images_stored_bytes after update of status, stored_bytes on images
  for each row when (old.status is distinct from new.status
                     or old.stored_bytes is distinct from new.stored_bytes)
  execute function count_image_bytes();
create trigger images_stored_bytes_of_deleted after delete on images
  for each row when (old.status = 'published') execute function count_image_bytes();

create function count_portrait_bytes()
returns trigger language plpgsql as $$
begin
  -- of a piece that is deleted with its world, the world is gone by now, and has counted it
  insert into stored_bytes (owner_id, bytes)
    select w.owner_id,
           coalesce(case tg_op when 'UPDATE' then new.stored_bytes end, 0) - coalesce(old.stored_bytes, 0)
    from worlds w where w.world_id = old.world_id;
  return null;
end
$$;
create trigger lore_pieces_stored_bytes after update of stored_bytes on lore_pieces
  for each row when (old.stored_bytes is distinct from new.stored_bytes)
  execute function count_portrait_bytes();
create trigger lore_pieces_stored_bytes_of_deleted after delete on lore_pieces
  for each row when (old.stored_bytes is not null) execute function count_portrait_bytes();

create function count_world_bytes()
returns trigger language plpgsql as $$
begin
  insert into stored_bytes (owner_id, bytes)
    select old.owner_id, -sum(p.stored_bytes) from lore_pieces p
    where p.world_id = old.world_id having sum(p.stored_bytes) > 0;
  return old;
end
$$;
create trigger worlds_stored_bytes before delete on worlds
  for each row execute function count_world_bytes();

-- migrate:down

drop trigger worlds_stored_bytes on worlds;
drop trigger lore_pieces_stored_bytes on lore_pieces;
drop trigger lore_pieces_stored_bytes_of_deleted on lore_pieces;
drop trigger images_stored_bytes on images;
drop trigger images_stored_bytes_of_new on images;
drop trigger images_stored_bytes_of_deleted on images;
drop function count_world_bytes;
drop function count_portrait_bytes;
drop function count_image_bytes;
drop function image_stored_bytes;
drop function owner_stored_bytes;
drop table stored_bytes;
alter table lore_pieces drop column stored_bytes;
alter table images drop column stored_bytes;
