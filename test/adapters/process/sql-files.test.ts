import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadMigrations, loadStatements } from '../../../adapters/process/sql-files.ts'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rockstar-files-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
}

describe('loadStatements()', () => {
  it('reads a file for each statement, and nothing else', async () => {
    await write({
      'sqlite/find-note.sql': '-- Finds it.\nselect * from notes where id = :id\n',
      'sqlite/readme.md': 'no',
      'sqlite/.hidden.sql': 'no',
      'sqlite/migrations/0001-a/up.sql': 'no',
    })
    const catalogue = await loadStatements(folder)
    expect(catalogue.names).toEqual(['find-note'])
    expect(catalogue.text('find-note', 'sqlite')).toContain('where id = :id')
  })

  it('refuses a statement that one dialect lacks', async () => {
    await write({ 'sqlite/find-note.sql': 'select 1', 'postgres/find-other.sql': 'select 1' })
    const details = { problems: ['postgres/find-note is missing', 'sqlite/find-other is missing'] }
    await expect(loadStatements(folder)).rejects.toMatchObject({ code: 'OPTIONS_INVALID', details })
  })

  it('refuses a folder without a dialect', async () => {
    await expect(loadStatements(join(folder, 'none'))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})

describe('loadMigrations()', () => {
  it('reads both scripts, or null for no way back', async () => {
    await write({
      '0002-b/up.sql': 'b',
      '0001-a/up.sql': 'a',
      '0001-a/down.sql': 'undo a',
      'readme.md': 'no',
    })
    expect(await loadMigrations(folder)).toEqual([
      { name: '0001-a', up: 'a', down: 'undo a' },
      { name: '0002-b', up: 'b', down: null },
    ])
  })

  it('refuses a migration without a script forth', async () => {
    await write({ '0001-a/down.sql': 'a' })
    await expect(loadMigrations(folder)).rejects.toMatchObject({ code: 'MIGRATION_INVALID' })
  })

  it('refuses a folder that is not there', async () => {
    await expect(loadMigrations(join(folder, 'none'))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})
