-- Takes the migration lock. Changes a row if it was free, had expired, or is the owner's already; else none.
--
-- param owner text: who takes it, unlike everybody else
-- param now integer: milliseconds since the Unix epoch
-- param expires_at integer: until when, in milliseconds since the Unix epoch
-- rows none
insert into rockstar_migration_lock (id, owner, expires_at)
values (1, :owner, :expires_at)
on conflict (id) do update
set owner = excluded.owner, expires_at = excluded.expires_at
where rockstar_migration_lock.expires_at <= :now or rockstar_migration_lock.owner = excluded.owner
