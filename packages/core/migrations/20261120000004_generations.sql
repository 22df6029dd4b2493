-- migrate:up

-- What was generated, to limit how much an owner generates in an hour.
create table generations (
  generation_id uuid primary key,
  owner_id      text not null,
  characters    integer not null,
  created_at    timestamptz not null default now()
);

create index generations_by_owner on generations (owner_id, created_at);
create index generations_by_age on generations (created_at);

-- migrate:down

drop table generations;
