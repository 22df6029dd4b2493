-- migrate:up transaction:false

-- The list of an owner's erasures, newest first.
create index concurrently if not exists erasures_by_owner on erasures (owner_id, created_at desc, erasure_id desc);

-- migrate:down

drop index erasures_by_owner;
