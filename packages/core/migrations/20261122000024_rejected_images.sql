-- migrate:up

-- Images that requests sent and that were rejected: the sweep deletes them after a day.
create index images_sent_and_rejected on images (expires_at)
  where platform = 'base64' and status = 'rejected';

-- migrate:down

drop index images_sent_and_rejected;
