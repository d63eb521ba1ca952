-- Makes the journal of migrations, unless it is there.
--
-- rows none
create table if not exists rockstar_migrations (
  name text not null primary key,
  checksum text not null,
  applied_at integer not null
)
