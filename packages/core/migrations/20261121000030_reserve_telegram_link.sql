-- migrate:up

create index telegram_links_by_owner on telegram_links (owner_id, expires_at);

-- Inserts a link if its owner has fewer than max_links live ones, and returns null. Otherwise returns the
-- seconds until there is room again.
create function reserve_telegram_link(link jsonb, max_links integer)
returns integer language plpgsql as $$
declare
  seconds integer;
begin
  -- one request at a time per owner: several at once would all find the same room
  perform pg_advisory_xact_lock(hashtextextended('telegram links ' || (link ->> 'owner_id'), 0));
  select greatest(1, ceil(extract(epoch from l.expires_at - now())))::integer into seconds
  from telegram_links l
  where l.owner_id = link ->> 'owner_id' and l.expires_at > now()
  order by l.expires_at desc
  offset max_links - 1
  limit 1;
  if seconds is null then
    insert into telegram_links (token_sha256, owner_id, name, expires_at)
    select n.token_sha256, n.owner_id, n.name, n.expires_at
    from jsonb_populate_record(null::telegram_links, link) n;
  end if;
  return seconds;
end
$$;

-- migrate:down

drop function reserve_telegram_link;
drop index telegram_links_by_owner;
