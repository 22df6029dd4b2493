-- migrate:up

-- As before, with the condition of `is_counted` itself: Postgres reads a function's text again for each statement that
-- inserts an image.
create or replace trigger images_total_of_new after insert on images
  for each row when (new.status = 'published' and new.duplicate_of is null) execute function count_new_image();

-- migrate:down

create or replace trigger images_total_of_new after insert on images
  for each row when (is_counted(new)) execute function count_new_image();
