-- Removes a note.
--
-- param id integer: its number
-- rows none
delete from notes
where id = :id
