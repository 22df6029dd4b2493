-- migrate:up

-- Until when a request that waits for its image works on it: no consumer does meanwhile. The previous release
-- ignores it, and may publish the same image at the same time, which writes the same object.
alter table images add column held_until timestamptz;

-- migrate:down

alter table images drop column held_until;
