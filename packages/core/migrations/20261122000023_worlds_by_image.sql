-- migrate:up

-- For images that are deleted. In a transaction of its own, so that no reader of worlds waits until it is built.
create index worlds_by_image on worlds (image_id) where image_id is not null;

-- migrate:down

drop index worlds_by_image;
