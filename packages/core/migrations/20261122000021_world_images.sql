-- migrate:up

-- The picture of a world: a published public image of its owner, which the function that sets it checks. The
-- previous release does not read it. When it deletes the image, the world has no picture any more.
alter table worlds add column image_id uuid references images on delete set null;

-- migrate:down

alter table worlds drop column image_id;
