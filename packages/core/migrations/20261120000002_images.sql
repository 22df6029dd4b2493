-- migrate:up

create table images (
  image_id       uuid primary key,
  owner_id       text not null,
  platform       text not null check (platform in ('web', 'telegram', 'discord')),
  platform_ref   text,
  source         jsonb not null,
  status         text not null check (status in ('pending', 'published', 'rejected', 'failed')),
  error          text,
  error_code     text,
  key            text,
  url            text,
  content_type   text,
  bytes          integer,
  width          integer,
  height         integer,
  sha256         text,
  source_sha256  text,
  thumbhash      text,
  filename       text,
  duplicate_of   uuid,
  queued_at      timestamptz,
  requeues       integer not null default 0,
  replied_at     timestamptz,
  url_expires_at timestamptz,
  expires_at     timestamptz,
  created_at     timestamptz not null default now(),
  published_at   timestamptz,
  unique (owner_id, platform, platform_ref),
  check (status <> 'published' or (url is not null and sha256 is not null) or duplicate_of is not null)
);

create unique index images_uploaded_once on images (owner_id, source_sha256)
  where status = 'published' and platform = 'web' and duplicate_of is null;
create index images_by_owner on images (owner_id, image_id desc);
create index images_outstanding on images (owner_id) where status = 'pending' and platform = 'web';
create index images_incoming on images (url_expires_at) where url_expires_at is not null;
create index images_duplicates on images (duplicate_of) where duplicate_of is not null;

alter table lore_pieces add column portrait_image_id uuid;
create index lore_pieces_waiting_for_image on lore_pieces (portrait_image_id)
  where portrait_status = 'pending' and portrait_image_id is not null;

create table erasures (
  erasure_id uuid primary key,
  owner_id   text not null,
  created_at timestamptz not null default now(),
  done_at    timestamptz,
  purge      text check (purge in ('confirmed', 'not_configured', 'failed'))
);

-- Objects to remove. Before final_after a request in flight may still write the key.
create table erasure_objects (
  erasure_id  uuid not null references erasures on delete cascade,
  bucket      text not null check (bucket in ('images', 'incoming')),
  key         text not null,
  bytes       integer,
  erase_after timestamptz not null default now(),
  final_after timestamptz not null,
  erased_at   timestamptz,
  primary key (erasure_id, bucket, key)
);

create index erasure_objects_due on erasure_objects (erase_after) where erased_at is null;

-- migrate:down

drop table erasure_objects, erasures, images;
alter table lore_pieces drop column portrait_image_id;
