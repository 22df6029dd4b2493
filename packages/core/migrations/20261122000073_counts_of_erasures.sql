-- migrate:up

-- What an erasure removed, and whether that was an image, a portrait or an export: counted when it is done, so that a
-- list of erasures does not count it again. Null while it is not done, and for those that earlier releases finished.
alter table erasures
  add column removed_objects integer,
  add column removed_bytes bigint,
  add column removed_kind text;

-- migrate:down

alter table erasures drop column removed_objects, drop column removed_bytes, drop column removed_kind;
