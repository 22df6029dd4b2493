-- migrate:up

-- What inserts a piece with base64 gives `details_without_base64` too, so that no function copies the megabytes of the
-- row. The previous release gives none: a trigger still makes them of what it inserts.
create trigger details_without_base64_of_new before insert on lore_pieces
  for each row when (new.details_without_base64 is null and new.details ? 'image_portrait_base64')
  execute function keep_details_without_base64();
create or replace trigger details_without_base64 before update of details on lore_pieces
  for each row execute function keep_details_without_base64();

-- migrate:down

create or replace trigger details_without_base64 before insert or update of details on lore_pieces
  for each row execute function keep_details_without_base64();
drop trigger details_without_base64_of_new on lore_pieces;
