import type { Database } from 'rockstar-web'

/** A note as pages and API show it. */
export interface Note {
  readonly id: number
  readonly title: string
  readonly body: string
  readonly done: boolean
  readonly createdAt: string
  readonly changedAt: string
}

/** What of a note may be changed. */
export interface NoteChange {
  readonly title?: string | undefined
  readonly body?: string | undefined
  readonly done?: boolean | undefined
}

interface NoteRow {
  readonly id: number
  readonly title: string
  readonly body: string
  /** 0 or 1 where the driver does not know the types of columns. */
  readonly done: boolean | number
  readonly created_at: string
  readonly changed_at: string
}

/** The notes in a database. Each function is one statement of `sql/`. */
export async function listNotes(db: Database, limit: number): Promise<readonly Note[]> {
  const rows = await db.named<NoteRow>('list-notes', { limit })
  return rows.map(toNote)
}

export async function findNote(db: Database, id: number): Promise<Note | null> {
  return maybe(await db.namedOne<NoteRow>('find-note', { id }))
}

export async function addNote(db: Database, note: { title: string; body: string }): Promise<Note | null> {
  const { title, body } = note
  return maybe(await db.namedOne<NoteRow>('add-note', { title, body, at: new Date() }))
}

export async function changeNote(db: Database, id: number, change: NoteChange): Promise<Note | null> {
  const { title = null, body = null, done = null } = change
  return maybe(await db.namedOne<NoteRow>('change-note', { id, title, body, done, at: new Date() }))
}

/** Was there such a note? */
export async function removeNote(db: Database, id: number): Promise<boolean> {
  const { changes } = await db.namedExec('remove-note', { id })
  return changes > 0
}

function maybe(row: NoteRow | null): Note | null {
  return row === null ? null : toNote(row)
}

function toNote({ id, title, body, done, created_at, changed_at }: NoteRow): Note {
  return { id, title, body, done: Boolean(done), createdAt: created_at, changedAt: changed_at }
}
