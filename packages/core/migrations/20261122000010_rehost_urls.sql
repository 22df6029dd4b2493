-- migrate:up

-- Images that were fetched from a URL, and images whose bytes were sent as base64. The previous release reads them
-- like any other, as it compares `platform` with 'web' and 'telegram' only. While it still runs:
-- * its sweep and its consumer take a pending image of every platform but 'web' for one of theirs. They cannot
--   download one of these, count an attempt and leave it pending for the new consumer;
-- * a page of its Studio that is open shows no list with such an image until it is loaded again.
-- The rows that exist satisfy the narrower check: without `not valid` they would all be read under the lock.
alter table images
  drop constraint images_platform_check,
  add constraint images_platform_check
    check (platform in ('web', 'telegram', 'discord', 'url', 'base64')) not valid;

-- migrate:down

alter table images
  drop constraint images_platform_check,
  add constraint images_platform_check check (platform in ('web', 'telegram', 'discord')) not valid;
