-- migrate:up

-- The size of a published picture with its smaller copies. Null for those of earlier releases: of an image,
-- `bytes` is counted then; of a portrait, nothing.
alter table images add column stored_bytes integer;
alter table lore_pieces add column stored_bytes integer;

-- migrate:down

alter table lore_pieces drop column stored_bytes;
alter table images drop column stored_bytes;
