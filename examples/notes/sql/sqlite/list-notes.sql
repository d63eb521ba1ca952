-- Lists the notes that were changed last.
--
-- param limit integer: most rows
-- rows many
-- column id integer: its number
-- column title text: 1 to 200 characters
-- column body text: up to 20,000 characters
-- column done boolean: is it done?
-- column created_at moment: when it was written
-- column changed_at moment: when it was last changed
select id, title, body, done, created_at, changed_at
from notes
order by changed_at desc, id desc
limit :limit
