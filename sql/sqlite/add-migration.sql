-- Writes into the journal that a migration has run.
--
-- param name text: `0001-notes`
-- param checksum text: SHA-256 of the script, as hexadecimal digits
-- param applied_at integer: milliseconds since the Unix epoch
-- rows none
insert into rockstar_migrations (name, checksum, applied_at)
values (:name, :checksum, :applied_at)
