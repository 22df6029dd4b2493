-- migrate:up

-- When a platform asked to be tried again: the sweep queues the image then.
alter table images add column retry_at timestamptz;
create index images_pending on images (queued_at) where status = 'pending' and platform <> 'web';
create index images_retry on images (retry_at) where retry_at is not null;

create table telegram_accounts (
  telegram_user_id bigint primary key,
  owner_id         text not null,
  linked_at        timestamptz not null default now()
);

create index telegram_accounts_by_owner on telegram_accounts (owner_id);

-- One-time links. Only a hash is stored, so reading this table does not let anyone link an account.
create table telegram_links (
  token_sha256     text primary key,
  owner_id         text not null,
  name             text not null,
  telegram_user_id bigint,
  expires_at       timestamptz not null
);

create index telegram_links_by_age on telegram_links (expires_at);

-- migrate:down

drop table telegram_links, telegram_accounts;
drop index images_retry, images_pending;
alter table images drop column retry_at;
