-- migrate:up

-- Sets of images with captions, for training.
create table datasets (
  dataset_id   uuid primary key,
  owner_id     text not null,
  name         text not null,
  trigger_word text,
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now()
);

create index datasets_by_owner on datasets (owner_id, dataset_id desc);

-- The images of a set, which are published ones of its owner: the function that adds them checks it. The previous
-- release deletes images without reading this table; the foreign keys take them out then. Positions order the images;
-- they may have gaps after deletions.
create table dataset_items (
  dataset_id       uuid not null references datasets on delete cascade,
  image_id         uuid not null references images on delete cascade,
  position         integer not null,
  caption          text,
  control_image_id uuid references images on delete set null,
  primary key (dataset_id, image_id)
);

-- for images that are deleted
create index dataset_items_by_image on dataset_items (image_id);
create index dataset_items_by_control on dataset_items (control_image_id)
  where control_image_id is not null;

-- migrate:down

drop table dataset_items;
drop table datasets;
