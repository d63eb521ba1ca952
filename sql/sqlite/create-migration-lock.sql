-- Makes the table of the migration lock, unless it is there. It has one row while someone migrates.
--
-- rows none
create table if not exists rockstar_migration_lock (
  id integer not null primary key check (id = 1),
  owner text not null,
  expires_at integer not null
)
