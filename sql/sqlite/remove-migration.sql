-- Takes a migration out of the journal after it was undone.
--
-- param name text: `0001-notes`
-- rows none
delete from rockstar_migrations
where name = :name
