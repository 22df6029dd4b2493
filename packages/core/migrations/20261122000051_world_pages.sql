-- migrate:up

-- The public page of a world that is switched on. Its id is random, and new each time.
create table world_pages (
  page_id    text primary key,
  world_id   uuid not null unique references worlds on delete cascade,
  created_at timestamptz not null default now()
);

-- migrate:down

drop table world_pages;
