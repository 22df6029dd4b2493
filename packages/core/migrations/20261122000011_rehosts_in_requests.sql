-- migrate:up

-- Until when a request that waits for its image works on it: no consumer does meanwhile. The previous release
-- ignores it, and may publish the same image at the same time, which writes the same object.
alter table images add column held_until timestamptz;

-- A URL is needed until its image is published or rejected, and its signature is a secret. The previous release
-- keeps it when an image is rejected, and when a published one is requested again. Of a rejected one a hash stays,
-- which tells a new URL from the same one.
update images set source = source - 'url' where status = 'published' and source ? 'url';
update images
set source = (source - 'url')
  || jsonb_build_object('url_sha256', encode(sha256(convert_to(source ->> 'url', 'UTF8')), 'hex'))
where status = 'rejected' and source ? 'url';

-- migrate:down

alter table images drop column held_until;
