-- migrate:up

-- Images that are published or rejected and have a URL still, whose signature is a secret: the previous release
-- keeps it. The sweep removes these URLs, 500 in a transaction, also those that the previous release leaves
-- behind while it still runs. No other image is in this index.
create index images_with_old_url on images (image_id)
  where status in ('published', 'rejected') and source ? 'url';

-- migrate:down

drop index images_with_old_url;
