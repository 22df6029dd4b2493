-- migrate:up

-- What an erasure deleted: 'world:' or 'image:' with its id, or 'owner'. A deletion whose response was lost
-- is answered with the same erasure when it is repeated. The previous release does not write it.
alter table erasures add column subject text;
create index erasures_by_subject on erasures (owner_id, subject, created_at) where subject is not null;

-- migrate:down

drop index erasures_by_subject;
alter table erasures drop column subject;
