-- migrate:up

-- How the user of a linked Telegram account is called, as Telegram said when it was linked. Null for accounts that
-- earlier releases linked.
alter table telegram_accounts add column name text;

-- migrate:down

alter table telegram_accounts drop column name;
