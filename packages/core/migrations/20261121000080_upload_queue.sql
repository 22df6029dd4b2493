-- migrate:up

-- Uploads that no caller has completed are queued for `completeQueuedUploads` when `retry_at` has passed. The
-- previous release sets none: its uploads count as due when their URL has expired. It does not read `retry_at`
-- of uploads.
update images set retry_at = url_expires_at
where platform = 'web' and status = 'pending' and retry_at is null;

create index images_uploads_due on images (coalesce(retry_at, '-infinity'::timestamptz))
  where platform = 'web' and status = 'pending';

-- migrate:down

drop index images_uploads_due;
