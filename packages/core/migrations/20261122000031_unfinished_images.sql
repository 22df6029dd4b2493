-- migrate:up

-- Images that are removed unless they are finished in time: those of requests and of backfills. Re-hosts have no
-- such time.
create index images_to_finish on images (expires_at)
  where platform <> 'web' and status = 'pending' and expires_at is not null;

-- migrate:down

drop index images_to_finish;
