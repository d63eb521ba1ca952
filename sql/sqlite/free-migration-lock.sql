-- Gives the migration lock back.
--
-- param owner text: who holds it
-- rows none
delete from rockstar_migration_lock
where owner = :owner
