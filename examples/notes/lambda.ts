import { join } from 'node:path'
import { handler } from 'rockstar-web/lambda'
import { directory, loadMigrations, loadStatements } from 'rockstar-web/node'
import { createNotesApp } from './app.ts'

// Bundle it, put the folders `sql` and `assets` beside the bundle, and name it `lambda.main` as the function's handler.
// Set DATABASE_URL: what is below /tmp goes with the sandbox.
const root = process.env['LAMBDA_TASK_ROOT'] ?? import.meta.dirname

export const main = handler(
  createNotesApp({
    catalogue: await loadStatements(join(root, 'sql')),
    migrations: await loadMigrations(join(root, 'sql/sqlite/migrations')),
    assets: directory(join(root, 'assets')),
  }),
)
