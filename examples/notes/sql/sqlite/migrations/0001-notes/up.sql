create table notes (
  id integer primary key,
  title text not null check (length(title) between 1 and 200),
  body text not null default '',
  done boolean not null default 0,
  created_at text not null,
  changed_at text not null
);

create index notes_by_change on notes (changed_at desc, id desc);
