-- migrate:up

-- Whose object it is: objects are removed by owner, in turns. The previous release does not write it, so
-- its rows share one turn. The next release drops the default.
alter table erasure_objects add column owner_id text not null default '';

-- Which purge the CDN still has to do, and when it is due; when all of its copies were last purged. A
-- failure stays until the same purge succeeds.
alter table erasure_objects
  add column purge_next      text check (purge_next in ('url', 'prefix')),
  add column purge_after     timestamptz,
  add column purge_failed_at timestamptz,
  add column purged_at       timestamptz;

update erasure_objects o set owner_id = e.owner_id
from erasures e
where e.erasure_id = o.erasure_id and o.erased_at is null;

-- Earlier releases did not repeat a purge that had failed, and knew no outcome per object.
update erasure_objects o
set owner_id = e.owner_id, purge_next = 'url', purge_after = now(),
    purge_failed_at = case e.purge when 'failed' then now() end
from erasures e
where e.erasure_id = o.erasure_id and o.bucket = 'images' and o.erased_at is not null
  and (e.done_at is null or e.purge = 'failed');

create index erasure_objects_by_owner on erasure_objects (owner_id, erase_after)
  where erased_at is null;
create index erasure_objects_to_purge on erasure_objects (purge_next, purge_after)
  where purge_next is not null;
create index erasure_objects_to_purge_by_owner on erasure_objects (purge_next, owner_id, purge_after)
  where purge_next is not null;
create index erasure_objects_unfinished on erasure_objects (erasure_id)
  where erased_at is null or purge_next is not null;
create index erasures_unfinished on erasures (erasure_id) where done_at is null;

-- How many purges of each kind may be sent now: one limit for all sweeps, because the CDN has one.
create table purge_limits (
  purge      text primary key check (purge in ('url', 'prefix')),
  available  double precision not null,
  granted    integer not null default 0,
  counted_at timestamptz not null default now()
);
insert into purge_limits (purge, available) values ('url', 1), ('prefix', 1);

-- The image that the shown portrait was made of, while another version is not published.
alter table lore_pieces add column shown_image_id uuid;
create index lore_pieces_by_portrait_image on lore_pieces (portrait_image_id)
  where portrait_image_id is not null;
create index lore_pieces_by_shown_image on lore_pieces (shown_image_id)
  where shown_image_id is not null;

-- Portraits that earlier releases replaced are still public: they are erased as those of this release
-- are, 24 hours from now, with one receipt per owner.
create temporary table replaced_portraits on commit drop as
  select w.owner_id, 'portraits/' || p.world_id || '/' || p.piece_id || '_portrait'
           || case version when 1 then '' else '_v' || version end || '.png' as key
  from lore_pieces p join worlds w using (world_id)
  cross join generate_series(
    1, substring(p.details ->> 'image_portrait' from '_portrait_v([0-9]{1,6})\.png$')::integer - 1
  ) version
  where p.portrait_version > 1;
create temporary table replaced_portrait_erasures on commit drop as
  select owner_id, gen_random_uuid() as erasure_id from replaced_portraits group by owner_id;
insert into erasures (erasure_id, owner_id)
  select erasure_id, owner_id from replaced_portrait_erasures;
insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
  select erasure_id, owner_id, 'images', key, now() + interval '24 hours', now() + interval '24 hours'
  from replaced_portraits join replaced_portrait_erasures using (owner_id);

-- migrate:down

drop table purge_limits;
alter table lore_pieces drop column shown_image_id;
drop index lore_pieces_by_portrait_image, erasures_unfinished, erasure_objects_unfinished;
alter table erasure_objects
  drop column owner_id, drop column purge_next, drop column purge_after,
  drop column purge_failed_at, drop column purged_at;
