-- migrate:up

-- An export is a copy of a dataset as it was when it was requested, in zips. `dataset_id`, `name` and `trigger_word`
-- are as they were then. Rows are kept for a week, also of deleted exports: an owner may start five in 24 hours.
create table exports (
  export_id      uuid primary key,
  dataset_id     uuid references datasets on delete set null,
  owner_id       text not null,
  layout         text not null check (layout in ('pairs', 'kohya', 'imagefolder', 'control')),
  options        jsonb not null,
  name           text not null,
  trigger_word   text,
  status         text not null default 'pending'
                   check (status in ('pending', 'ready', 'failed', 'expired', 'deleted')),
  error_code     text,
  error          text,
  items          integer not null,
  files          integer not null,
  warnings       jsonb not null,
  -- of all that decides the bytes of the zips
  content_sha256 text not null,
  created_at     timestamptz not null default now(),
  ready_at       timestamptz,
  expires_at     timestamptz
);
-- one at a time per owner
create unique index exports_running on exports (owner_id) where status = 'pending';
create index exports_by_owner on exports (owner_id, created_at);
create index exports_by_dataset on exports (dataset_id, created_at);
create index exports_to_expire on exports (expires_at) where status = 'ready';
create index exports_finished on exports (created_at) where status in ('failed', 'expired', 'deleted');

-- What the export holds, while it is pending or ready. No foreign keys: deleting an image ends the exports that
-- hold it.
create table export_items (
  export_id        uuid not null references exports on delete cascade,
  position         integer not null,
  file_index       integer not null,
  image_id         uuid not null,
  caption          text,
  control_image_id uuid,
  primary key (export_id, position)
);
create index export_items_by_image on export_items (image_id);
create index export_items_by_control on export_items (control_image_id)
  where control_image_id is not null;

-- The zips of an export, while it is pending or ready. The consumer that holds the lease writes one.
create table export_files (
  export_id    uuid not null references exports on delete cascade,
  file_index   integer not null,
  filename     text not null,
  status       text not null default 'pending' check (status in ('pending', 'ready')),
  bytes        bigint,
  sha256       text,
  attempts     integer not null default 0,
  requeues     integer not null default 0,
  lease        uuid,
  leased_until timestamptz,
  -- when the sweep queues it
  queue_after  timestamptz not null,
  error        text,
  primary key (export_id, file_index)
);
create index export_files_to_queue on export_files (queue_after) where status = 'pending';

alter table events
  drop constraint events_type_check,
  add constraint events_type_check check (type in (
    'image.published', 'image.rejected', 'image.failed',
    'portrait.published', 'portrait.rejected', 'portrait.failed', 'erasure.done',
    'export.ready', 'export.failed')) not valid;

create function write_export_event()
returns trigger language plpgsql as $$
begin
  insert into events (owner_id, type, subject_id, data)
    select new.owner_id, 'export.' || new.status, new.export_id, to_jsonb(new)
    from event_settings where is_on;
  return null;
end
$$;
create trigger exports_event after update of status on exports
  for each row when (old.status = 'pending' and new.status in ('ready', 'failed'))
  execute function write_export_event();

-- migrate:down

drop table export_files;
drop table export_items;
drop table exports;
drop function write_export_event;
delete from events where type like 'export.%';
alter table events
  drop constraint events_type_check,
  add constraint events_type_check check (type in (
    'image.published', 'image.rejected', 'image.failed',
    'portrait.published', 'portrait.rejected', 'portrait.failed', 'erasure.done')) not valid;
