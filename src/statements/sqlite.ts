// Generated from sql/ by tools/statements.ts. Change the .sql file, then run it again.

import type { StatementName } from './names.ts'

/** Text of the framework's statements for sqlite. */
export const sqliteStatements: Readonly<Record<StatementName, string>> = {
  'add-migration': `insert into rockstar_migrations (name, checksum, applied_at)
values (:name, :checksum, :applied_at)`,
  'create-migration-journal': `create table if not exists rockstar_migrations (
  name text not null primary key,
  checksum text not null,
  applied_at integer not null
)`,
  'create-migration-lock': `create table if not exists rockstar_migration_lock (
  id integer not null primary key check (id = 1),
  owner text not null,
  expires_at integer not null
)`,
  'extend-migration-lock': `update rockstar_migration_lock
set expires_at = :expires_at
where owner = :owner`,
  'find-migration-journal': `select name
from sqlite_master
where type = 'table' and name = 'rockstar_migrations'`,
  'free-migration-lock': `delete from rockstar_migration_lock
where owner = :owner`,
  'list-migrations': `select name, checksum, applied_at
from rockstar_migrations
order by name
limit :limit`,
  'remove-migration': `delete from rockstar_migrations
where name = :name`,
  'take-migration-lock': `insert into rockstar_migration_lock (id, owner, expires_at)
values (1, :owner, :expires_at)
on conflict (id) do update
set owner = excluded.owner, expires_at = excluded.expires_at
where rockstar_migration_lock.expires_at <= :now or rockstar_migration_lock.owner = excluded.owner`,
}
