create table uploads (
  upload_id    uuid primary key,
  owner_id     text not null,
  content_type text not null,
  size         integer not null,
  sha256       text not null,
  filename     text,
  status       text not null default 'pending',
  url          text,
  width        integer,
  height       integer,
  thumbhash    text,
  image_sha256 text,
  created_at   timestamptz not null default now()
);

create table worlds (
  world_id   uuid primary key,
  owner_id   text not null,
  theme      text not null,
  title      text,
  story      text,
  created_at timestamptz not null default now()
);

create table pieces (
  piece_id    uuid primary key,
  world_id    uuid not null references worlds on delete cascade,
  type        text not null,
  name        text not null,
  description text not null,
  details     jsonb not null,
  status      text not null
);

create table rehosts (
  image_id       uuid primary key,
  owner_id       text not null,
  file_id        text not null,
  file_unique_id text not null,
  chat_id        bigint not null,
  message_id     bigint not null,
  status         text not null default 'pending',
  unique (owner_id, file_unique_id)
);

create table service_keys (
  key_id text primary key,
  name text not null,
  sha256 text not null
);
