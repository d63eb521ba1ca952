-- Adds a note.
--
-- param title text: 1 to 200 characters
-- param body text: up to 20,000 characters
-- param at moment: now
-- rows one
-- column id integer: its number
-- column title text: 1 to 200 characters
-- column body text: up to 20,000 characters
-- column done boolean: is it done?
-- column created_at moment: when it was written
-- column changed_at moment: when it was last changed
insert into notes (title, body, done, created_at, changed_at)
values (:title, :body, 0, :at, :at)
returning id, title, body, done, created_at, changed_at
