-- Finds the journal of migrations, so that a dry run need not make it.
--
-- rows one
-- column name text: the table's name
select name
from sqlite_master
where type = 'table' and name = 'rockstar_migrations'
