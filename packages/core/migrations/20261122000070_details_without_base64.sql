-- migrate:up

-- The details of a piece without the base64 of its portrait, where they have one; null where `details` have none.
-- Readers of the text take them from here, and so read none of a portrait's megabytes. Also what the previous release
-- writes has them.
alter table lore_pieces add column details_without_base64 jsonb;

create function keep_details_without_base64()
returns trigger language plpgsql as $$
begin
  new.details_without_base64 := case when new.details ? 'image_portrait_base64'
    then new.details - 'image_portrait_base64' end;
  return new;
end
$$;
create trigger details_without_base64 before insert or update of details on lore_pieces
  for each row execute function keep_details_without_base64();

-- migrate:down

drop trigger details_without_base64 on lore_pieces;
drop function keep_details_without_base64();
alter table lore_pieces drop column details_without_base64;
