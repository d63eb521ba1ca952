-- Lists the migrations that have run, oldest first.
--
-- param limit integer: most rows
-- rows many
-- column name text: `0001-notes`
-- column checksum text: SHA-256 of the script, as hexadecimal digits
-- column applied_at integer: milliseconds since the Unix epoch
select name, checksum, applied_at
from rockstar_migrations
order by name
limit :limit
