-- migrate:up

-- An export of everything that an owner has: without a dataset, in a layout of its own.
alter table exports
  drop constraint exports_layout_check,
  add constraint exports_layout_check
    check (layout in ('pairs', 'kohya', 'imagefolder', 'control', 'everything')) not valid;

-- Its items have their names in the zip, and may be portraits.
alter table export_items
  alter column image_id drop not null,
  add column name             text,
  add column piece_id         uuid,
  add column portrait_version integer;

-- The text files of an export of everything as they were when it was requested, in parts, until it is ready or has
-- ended.
create table export_texts (
  export_id uuid not null references exports on delete cascade,
  name      text not null,
  part      integer not null,
  text      text not null,
  primary key (export_id, name, part)
);

-- migrate:down

drop table export_texts;
delete from exports where layout = 'everything';
alter table export_items
  alter column image_id set not null,
  drop column name, drop column piece_id, drop column portrait_version;
alter table exports
  drop constraint exports_layout_check,
  add constraint exports_layout_check check (layout in ('pairs', 'kohya', 'imagefolder', 'control')) not valid;
