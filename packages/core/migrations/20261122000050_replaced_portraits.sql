-- migrate:up

-- Up to which version every one is listed for erasure, but the one that is shown. Bringing an older version back
-- sets it; without it, that is the shown version. Before the reference to the table, which takes a weaker lock: while
-- the migration waited for this one, a request that has read a piece could not change it, and each would wait for the
-- other.
alter table lore_pieces add column settled_version integer not null default 0;

-- Versions of portraits that were shown and then replaced. Each can be brought back until its objects, which
-- `erasure_id` lists, are removed. The previous release writes none: what it replaces is erased as before. The
-- sweep deletes a row a day after the version was replaced.
create table replaced_portraits (
  piece_id     uuid not null references lore_pieces on delete cascade,
  version      integer not null,
  url          text not null,
  variants     jsonb not null,
  stored_bytes integer,
  -- what it was made of, which may be deleted since
  image_id     uuid,
  erasure_id   uuid not null,
  replaced_at  timestamptz not null default now(),
  primary key (piece_id, version)
);
create index replaced_portraits_by_image on replaced_portraits (image_id) where image_id is not null;
create index replaced_portraits_by_age on replaced_portraits (replaced_at);

-- Bringing a version back while a new one is pending is no publication: it makes another version the last one.
create or replace function write_portrait_event()
returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.portrait_version <> new.portrait_version then
    return null;
  end if;
  insert into events (owner_id, type, subject_id, data)
    select w.owner_id, 'portrait.' || new.portrait_status, new.piece_id,
           to_jsonb(p) || jsonb_build_object('details', new.details - 'image_portrait_base64')
    from event_settings, worlds w,
         (select new.world_id, new.piece_id, new.type, new.name, new.description,
                 new.portrait_status, new.portrait_error) p
    where is_on and w.world_id = new.world_id;
  return null;
end
$$;

-- migrate:down

create or replace function write_portrait_event()
returns trigger language plpgsql as $$
begin
  insert into events (owner_id, type, subject_id, data)
    select w.owner_id, 'portrait.' || new.portrait_status, new.piece_id,
           to_jsonb(p) || jsonb_build_object('details', new.details - 'image_portrait_base64')
    from event_settings, worlds w,
         (select new.world_id, new.piece_id, new.type, new.name, new.description,
                 new.portrait_status, new.portrait_error) p
    where is_on and w.world_id = new.world_id;
  return null;
end
$$;
alter table lore_pieces drop column settled_version;
drop table replaced_portraits;
