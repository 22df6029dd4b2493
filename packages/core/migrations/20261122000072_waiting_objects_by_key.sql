-- migrate:up transaction:false

-- Finds the erasures that have an object which is to be shown again.
create index concurrently if not exists erasure_objects_by_key on erasure_objects (key) where erased_at is null;

-- migrate:down

drop index erasure_objects_by_key;
