import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findDrift, formatModule, parseStatementFile, readStatementFolders } from '../../tools/statements.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const find = `-- Finds a note.
-- Two lines of purpose.
--
-- param id integer: its number
-- rows one
-- column title text: the title
-- column body text null: the body
select title, body from notes where id = :id;
`
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rockstar-statements-'))
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

describe('parseStatementFile()', () => {
  it('reads purpose, parameters, rows and text', () => {
    expect(parseStatementFile('sqlite', 'find-note.sql', find)).toEqual({
      name: 'find-note',
      purpose: 'Finds a note. Two lines of purpose.',
      params: [{ name: 'id', type: 'integer', nullable: false, description: 'its number' }],
      rows: 'one',
      columns: [
        { name: 'title', type: 'text', nullable: false, description: 'the title' },
        { name: 'body', type: 'text', nullable: true, description: 'the body' },
      ],
      text: 'select title, body from notes where id = :id',
    })
  })

  it.each([
    ['a name in capitals', 'FindNote.sql', find, /lower-case name/],
    ['a name of one word', 'find.sql', find, /lower-case name/],
    ['two statements', 'find-note.sql', `${find}select 2`, /one statement, got 2/],
    [
      'an undeclared parameter',
      'find-note.sql',
      find.replace('-- param id integer: its number\n', ''),
      /\(id\), got \(\)/,
    ],
    ['a parameter that is not used', 'find-note.sql', find.replace('= :id', '= 1'), /\(\), got \(id\)/],
    ['an unknown type', 'find-note.sql', find.replace('integer:', 'int:'), /got "id int: its number"/],
    ['no rows', 'find-note.sql', find.replace('-- rows one\n', ''), /"rows none"/],
    ['rows without columns', 'find-note.sql', find.replace(/-- column.*\n/g, ''), /columns if and only if/],
    ['no purpose', 'find-note.sql', find.replace(/-- Finds.*\n-- Two.*\n/, ''), /what the statement does/],
  ])('refuses %s', (_, name, source, message) => {
    expect(() => parseStatementFile('sqlite', name, source)).toThrow(message)
  })
})

describe('readStatementFolders()', () => {
  it('takes dialects that agree', async () => {
    const postgres = find.replace('where id = :id', 'where id = :id::bigint')
    await write({ 'sqlite/find-note.sql': find, 'postgres/find-note.sql': postgres })
    expect([...readStatementFolders(folder).keys()]).toEqual(['sqlite', 'postgres'])
  })

  it('refuses a dialect that lacks a statement', async () => {
    await write({ 'sqlite/find-note.sql': find, 'mysql/find-other.sql': find })
    expect(() => readStatementFolders(folder)).toThrow(
      /sql\/mysql\/find-note.sql.*got none[^]*sql\/sqlite\/find-other.sql/,
    )
  })

  it('refuses parameters that differ', async () => {
    const other = find.replace('param id', 'param key').replace(':id', ':key')
    await write({ 'sqlite/find-note.sql': find, 'mysql/find-note.sql': other })
    expect(() => readStatementFolders(folder)).toThrow(/params: id integer.*got \(params: key integer/)
  })

  it('refuses rows that differ', async () => {
    const other = find.replace('body text null', 'body text')
    await write({ 'sqlite/find-note.sql': find, 'mysql/find-note.sql': other })
    expect(() => readStatementFolders(folder)).toThrow(/make them alike/)
  })
})

describe('formatModule()', () => {
  it('writes texts that are not code', async () => {
    const tricky = find.replace('= :id', "= :id and body <> '`${1}\\'")
    await write({ 'sqlite/find-note.sql': tricky })
    const text = formatModule(readStatementFolders(folder)).get('sqlite.ts') ?? ''
    const literal = /`[^]*`/.exec(text)?.[0] ?? ''
    // The text is our own, made two lines above.
    expect(new Function(`return ${literal}`)()).toBe(
      "select title, body from notes where id = :id and body <> '`${1}\\'",
    )
  })
})

describe('findDrift()', () => {
  it('finds none between sql/ and src/statements', () => {
    const files = formatModule(readStatementFolders(join(root, 'sql')))
    expect(findDrift(files, join(root, 'src', 'statements'))).toEqual([])
  })

  it('finds files that are changed, missing or too many', async () => {
    await write({ 'out/a.ts': 'old', 'out/extra.ts': 'x', 'out/same.ts': 's' })
    const files = new Map([
      ['a.ts', 'new'],
      ['b.ts', 'b'],
      ['same.ts', 's'],
    ])
    expect(findDrift(files, join(folder, 'out'))).toEqual(['a.ts', 'b.ts', 'extra.ts'])
  })
})
