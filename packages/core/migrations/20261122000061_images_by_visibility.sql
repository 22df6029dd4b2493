-- migrate:up transaction:false

-- Images of an owner by visibility, platform, or both. The first column has the owner in it, so that Postgres never
-- reads all images of an owner instead when one visibility or platform is frequent elsewhere. The release before this
-- one reads images_by_platform, which the next release drops.
create index concurrently if not exists images_by_visibility on images ((visibility || ' ' || owner_id), platform, image_id desc)
  where duplicate_of is null and (status = 'published' or platform <> 'web');

-- migrate:down

drop index images_by_visibility;
