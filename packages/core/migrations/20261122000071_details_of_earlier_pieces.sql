-- migrate:up

-- The pieces of earlier releases: only one whose portrait is not published has base64. In a transaction of its own, so
-- that no reader waits.
update lore_pieces set details_without_base64 = details - 'image_portrait_base64'
where piece_id in (
  select piece_id from lore_pieces
  where portrait_status not in ('none', 'published') and details ? 'image_portrait_base64'
  order by piece_id
  for no key update
);

-- migrate:down
