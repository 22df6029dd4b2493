-- migrate:up

-- The keys with which products' backends act for their users. Of a secret only its SHA-256 is stored. The
-- previous release does not read this table.
create table service_keys (
  key_id text primary key check (key_id ~ '^[0-9a-f]{16}$'),
  name text not null check (char_length(name) between 1 and 100),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index service_keys_live on service_keys (created_at) where revoked_at is null;

-- migrate:down

drop table service_keys;
