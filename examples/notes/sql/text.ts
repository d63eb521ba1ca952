import type { Catalogue, Migration } from 'rockstar-web'
import { createCatalogue } from 'rockstar-web'
import addNote from './sqlite/add-note.sql'
import changeNote from './sqlite/change-note.sql'
import findNote from './sqlite/find-note.sql'
import listNotes from './sqlite/list-notes.sql'
import notesDown from './sqlite/migrations/0001-notes/down.sql'
import notesUp from './sqlite/migrations/0001-notes/up.sql'
import removeNote from './sqlite/remove-note.sql'

/** The statements, as part of the program: for runtimes that have no files. */
export const catalogue: Catalogue = createCatalogue({
  sqlite: {
    'add-note': addNote,
    'change-note': changeNote,
    'find-note': findNote,
    'list-notes': listNotes,
    'remove-note': removeNote,
  },
})

/** The migrations, in the same way. */
export const migrations: readonly Migration[] = [{ name: '0001-notes', up: notesUp, down: notesDown }]
