-- Changes a note; what is null stays as it is.
--
-- param id integer: its number
-- param title text null: 1 to 200 characters
-- param body text null: up to 20,000 characters
-- param done boolean null: is it done?
-- param at moment: now
-- rows one
-- column id integer: its number
-- column title text: 1 to 200 characters
-- column body text: up to 20,000 characters
-- column done boolean: is it done?
-- column created_at moment: when it was written
-- column changed_at moment: when it was last changed
update notes
set title = coalesce(:title, title),
  body = coalesce(:body, body),
  done = coalesce(:done, done),
  changed_at = :at
where id = :id
returning id, title, body, done, created_at, changed_at
