-- migrate:up

-- Whether the stage has a receiver of events. The sweep keeps it as the stage's settings say; without one no
-- event is written.
create table event_settings (is_on boolean not null);
insert into event_settings values (false);

-- Changes that the receiver gets a request about, each in one row. Triggers write them in the statement that changes the
-- state, whichever statement of whichever release that is: so none is forgotten, and none is written of a
-- change that was rolled back.
create table events (
  event_id    uuid primary key default gen_random_uuid(),
  owner_id    text not null,
  type        text not null check (type in (
                'image.published', 'image.rejected', 'image.failed',
                'portrait.published', 'portrait.rejected', 'portrait.failed', 'erasure.done')),
  -- the image, the piece or the erasure
  subject_id  uuid not null,
  -- the row as the change left it, without what callers never see; null once it is delivered
  data        jsonb,
  status      text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
  attempts    integer not null default 0,
  requeues    integer not null default 0,
  -- no delivery begins before this time: while one may run, and until the next one is due
  send_after  timestamptz not null default now(),
  -- when the sweep queues it
  queue_after timestamptz not null default now(),
  error       text,
  created_at  timestamptz not null default now(),
  finished_at timestamptz
);
create index events_to_queue on events (queue_after) where status = 'pending';
create index events_to_queue_by_owner on events (owner_id, queue_after) where status = 'pending';
create index events_by_subject on events (subject_id) where status = 'pending';
create index events_by_owner on events (owner_id);
create index events_finished on events (finished_at) where status <> 'pending';
create index events_failed on events (event_id) where status = 'failed';

create function write_image_event()
returns trigger language plpgsql as $$
begin
  insert into events (owner_id, type, subject_id, data)
    select new.owner_id, 'image.' || new.status, new.image_id,
           to_jsonb(new) - '{source,platform_ref,source_sha256}'::text[]
    from event_settings where is_on;
  return null;
end
$$;
create trigger images_event_of_new after insert on images
  for each row when (new.status in ('published', 'rejected', 'failed') and new.duplicate_of is null)
  execute function write_image_event();
create trigger images_event after update of status on images
  for each row when (old.status <> new.status and new.status in ('published', 'rejected', 'failed')
                     and new.duplicate_of is null)
  execute function write_image_event();

create function write_portrait_event()
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
create trigger lore_pieces_event_of_new after insert on lore_pieces
  for each row when (new.portrait_status in ('published', 'rejected', 'failed'))
  execute function write_portrait_event();
-- a pending version that is deleted with its image gives way to the one that is shown: nothing was published
create trigger lore_pieces_event after update of portrait_status on lore_pieces
  for each row when (old.portrait_status <> new.portrait_status
                     and new.portrait_status in ('published', 'rejected', 'failed')
                     and old.portrait_image_id is not distinct from new.portrait_image_id)
  execute function write_portrait_event();

-- of erasures that a caller has the receipt of: the others have no subject
create function write_erasure_event()
returns trigger language plpgsql as $$
begin
  insert into events (owner_id, type, subject_id, data)
    select new.owner_id, 'erasure.done', new.erasure_id,
           to_jsonb(new) || (select jsonb_build_object('objects', count(o.bytes),
                                                       'bytes', coalesce(sum(o.bytes), 0))
                             from erasure_objects o where o.erasure_id = new.erasure_id)
    from event_settings where is_on;
  return null;
end
$$;
create trigger erasures_event after update of done_at on erasures
  for each row when (old.done_at is null and new.done_at is not null and new.subject is not null)
  execute function write_erasure_event();

-- migrate:down

drop trigger erasures_event on erasures;
drop trigger lore_pieces_event on lore_pieces;
drop trigger lore_pieces_event_of_new on lore_pieces;
drop trigger images_event on images;
drop trigger images_event_of_new on images;
drop function write_erasure_event;
drop function write_portrait_event;
drop function write_image_event;
drop table events;
drop table event_settings;
