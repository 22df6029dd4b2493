-- migrate:up

-- Images that a request is publishing, or that one left unfinished. In a transaction of its own, so that nothing but
-- changes of images waits until it is built.
create index images_unfinished on images (owner_id, expires_at)
  where platform = 'base64' and status = 'pending';

-- migrate:down

drop index images_unfinished;
