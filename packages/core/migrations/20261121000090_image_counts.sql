-- migrate:up

-- How many published images each owner has is the sum of these rows, which are written and added up as those of
-- stored_bytes are. A table of its own: the sweep of the previous release replaces rows of stored_bytes by their
-- sum, and would lose a second column.
create table image_counts (
  owner_id text not null,
  images   integer not null,
  -- of rows that the sweep has added up
  is_sum   boolean not null default false
);
create index image_counts_by_owner on image_counts (owner_id);
create index image_counts_changes on image_counts (owner_id) where not is_sum;

create function owner_images(owner text)
returns bigint language sql stable parallel safe as $$
  select coalesce(sum(c.images), 0)::bigint from image_counts c where c.owner_id = owner
$$;

create function is_counted(image images)
returns boolean language sql immutable parallel safe as $$
  select image.status = 'published' and image.duplicate_of is null
$$;

create function count_image()
returns trigger language plpgsql as $$
begin
  insert into image_counts (owner_id, images) values (new.owner_id, case when is_counted(new) then 1 else -1 end);
  return null;
end
$$;
create trigger images_count_of_new after insert on images
  for each row when (is_counted(new)) execute function count_image();
create trigger images_count after update of status, duplicate_of on images
  for each row when (is_counted(old) <> is_counted(new)) execute function count_image();

-- one row for all images of an owner that a statement deletes
create function count_deleted_images()
returns trigger language plpgsql as $$
begin
  insert into image_counts (owner_id, images)
    select d.owner_id, -count(*) from deleted d
    where d.status = 'published' and d.duplicate_of is null
    group by d.owner_id;
  return null;
end
$$;
create trigger images_count_of_deleted after delete on images
  referencing old table as deleted for each statement execute function count_deleted_images();

-- after the triggers, whose creation waits for every transaction that writes images: nothing is missed
insert into image_counts (owner_id, images, is_sum)
  select owner_id, count(*), true from images
  where status = 'published' and duplicate_of is null group by owner_id;

-- migrate:down

drop trigger images_count on images;
drop trigger images_count_of_new on images;
drop trigger images_count_of_deleted on images;
drop function count_deleted_images;
drop function count_image;
drop function is_counted;
drop function owner_images;
drop table image_counts;
