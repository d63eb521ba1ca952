import { fileURLToPath } from 'node:url'
import { directory, loadMigrations, loadStatements, serve } from 'rockstar-web/node'
import { createNotesApp } from './app.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

process.env['DATABASE_URL'] ??= `file:${here('data/notes.db')}`
const app = createNotesApp({
  catalogue: await loadStatements(here('sql')),
  migrations: await loadMigrations(here('sql/sqlite/migrations')),
  assets: directory(here('assets')),
})
const server = await serve(app)

console.log(`
  Rockstar notes is running.

  Pages      ${server.url}/
  JSON API   ${server.url}/api/notes
  Examples   ${server.url}/about

  Stop it with Ctrl+C. The notes are kept in ${process.env['DATABASE_URL'].replace('file:', '')}
`)
