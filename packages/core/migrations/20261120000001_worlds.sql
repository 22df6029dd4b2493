-- migrate:up

create table worlds (
  world_id   uuid primary key,
  owner_id   text not null,
  theme      text not null,
  title      text,
  story      text,
  created_at timestamptz not null default now()
);

create index worlds_by_owner on worlds (owner_id, world_id desc);

create table lore_pieces (
  piece_id         uuid primary key,
  world_id         uuid not null references worlds on delete cascade,
  type             text not null check (type in ('character', 'faction', 'setting', 'event', 'relic')),
  name             text not null,
  description      text not null,
  details          jsonb not null,
  portrait_status  text not null
                   check (portrait_status in ('none', 'pending', 'published', 'rejected', 'failed')),
  portrait_error   text,
  portrait_version integer not null,
  queued_at        timestamptz,
  requeues         integer not null default 0,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now()
);

-- Base64 does not compress: compressing it costs 25 ms per 1.5 MB and saves nothing.
alter table lore_pieces alter column details set storage external;

create index lore_pieces_by_world on lore_pieces (world_id, piece_id);
create index lore_pieces_pending on lore_pieces (queued_at) where portrait_status = 'pending';

-- What a request with an idempotency key made. Kept for a day.
create table requests (
  owner_id        text not null,
  idempotency_key text not null,
  route           text not null,
  request_sha256  text not null,
  world_id        uuid not null,
  piece_ids       jsonb not null,
  created_at      timestamptz not null default now(),
  primary key (owner_id, idempotency_key)
);

create index requests_by_age on requests (created_at);

-- migrate:down

drop table requests, lore_pieces, worlds;
