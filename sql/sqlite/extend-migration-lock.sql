-- Holds the migration lock longer. Changes no row if somebody else has taken it over.
--
-- param owner text: who holds it
-- param expires_at integer: until when, in milliseconds since the Unix epoch
-- rows none
update rockstar_migration_lock
set expires_at = :expires_at
where owner = :owner
