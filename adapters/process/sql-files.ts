import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Catalogue, Migration } from '../../src/database/index.ts'
import { createCatalogue } from '../../src/database/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { SqlDialect } from '../../src/stores/contract.ts'

/** Most files that are read of one folder. */
const maxFiles = 10_000

const dialects: readonly SqlDialect[] = ['sqlite', 'postgres', 'mysql', 'mssql']

/**
 * Reads an application's statements: `<folder>/<dialect>/<name>.sql`, one statement a file. Dialects that have no
 * folder are left out. `OPTIONS_INVALID` lists every file that is wrong, or that there is no dialect at all.
 */
export async function loadStatements(folder: string): Promise<Catalogue> {
  const source: Partial<Record<SqlDialect, Readonly<Record<string, string>>>> = {}
  for (const dialect of dialects) {
    const names = await listNames(join(folder, dialect))
    if (names === null) continue
    const files = names.filter((name) => name.endsWith('.sql'))
    const read = files.map(
      async (name) => [name.slice(0, -4), await readFile(join(folder, dialect, name), 'utf8')] as const,
    )
    source[dialect] = Object.fromEntries(await Promise.all(read))
  }
  if (Object.keys(source).length === 0) throw noFolder(folder, `a folder named ${dialects.join(' or ')}`)
  return createCatalogue(source)
}

/**
 * Reads the migrations of one dialect: `<folder>/NNNN-name/up.sql`, and `down.sql` where there is a way back. What is
 * no folder is left out. `OPTIONS_INVALID` for a folder that is not there, `MIGRATION_INVALID` for one without `up.sql`.
 */
export async function loadMigrations(folder: string): Promise<readonly Migration[]> {
  const names = await listNames(folder, true)
  if (names === null) throw noFolder(folder, 'migrations')
  return Promise.all(
    names.map(async (name) => {
      const [up, down] = await Promise.all([readScript(folder, name, 'up'), readScript(folder, name, 'down')])
      if (up === null) {
        throw new RockstarError(
          'MIGRATION_INVALID',
          `Expected the file ${join(folder, name, 'up.sql')}, got none; write it`,
        )
      }
      return { name, up, down }
    }),
  )
}

async function readScript(folder: string, name: string, direction: 'up' | 'down'): Promise<string | null> {
  try {
    return await readFile(join(folder, name, `${direction}.sql`), 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Sorted names of the files, or of the folders, in a folder; null if it is not there. Hidden ones are left out. */
async function listNames(folder: string, isForFolders = false): Promise<readonly string[] | null> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    const fitting = entries.filter(
      (entry) => !entry.name.startsWith('.') && entry.isDirectory() === isForFolders,
    )
    if (fitting.length > maxFiles) throw noFolder(folder, `at most ${maxFiles} files`)
    return fitting.map((entry) => entry.name).sort()
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function noFolder(folder: string, expected: string): RockstarError {
  return new RockstarError(
    'OPTIONS_INVALID',
    `Expected ${expected} in ${folder}, got none of it; correct the path`,
  )
}
