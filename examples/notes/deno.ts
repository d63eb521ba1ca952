import { directory, loadMigrations, loadStatements, serve } from 'rockstar-web/deno'
import { createNotesApp } from './app.ts'

// Run: deno run -A --node-modules-dir=manual examples/notes/deno.ts
const here = (path: string): string => decodeURIComponent(new URL(path, import.meta.url).pathname)

const app = createNotesApp({
  catalogue: await loadStatements(here('sql')),
  migrations: await loadMigrations(here('sql/sqlite/migrations')),
  assets: directory(here('assets')),
})
const server = await serve(app)
console.log(`Rockstar notes is running at ${server.url}/`)
