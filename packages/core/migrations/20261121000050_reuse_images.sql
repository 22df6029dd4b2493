-- migrate:up

-- Uploads of equal files are separate images now, unless a caller asks to reuse one. The previous release
-- marked the later upload as a duplicate when it met this index; without it, it publishes both.
drop index images_uploaded_once;

-- The published images made of a file.
create index images_by_source on images (owner_id, source_sha256, image_id)
  where status = 'published' and duplicate_of is null;

-- migrate:down

drop index images_by_source;
create unique index images_uploaded_once on images (owner_id, source_sha256)
  where status = 'published' and platform = 'web' and duplicate_of is null;
