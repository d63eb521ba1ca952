import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMigrator, type Migration, type Migrator } from '../../src/database/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { ended, heard, startChild, type Child } from '../stores/sql/child.ts'
import { openFile, openMemory } from './open.ts'
import { manyMigrations } from './processes/migrations.ts'

let driver: SqlDriver
let now = 1_790_000_000_000
const clock = { now: () => now }

const notes: Migration = {
  name: '0001-notes',
  up: 'create table notes (a integer);',
  down: 'drop table notes',
}
const tags: Migration = {
  name: '0002-tags',
  up: `create table tags (a integer); -- a; comment
    create trigger t after insert on tags begin insert into notes values (new.a); insert into notes values (0); end;
    insert into tags values (1)`,
  down: 'drop table tags',
}

beforeEach(() => {
  driver = openMemory()
  now = 1_790_000_000_000
})

afterEach(() => driver.close())

function migrator(migrations: readonly Migration[], options: { lockWaitMs?: number } = {}): Migrator {
  return createMigrator({ driver, migrations, clock, ...options })
}

async function tables(): Promise<unknown[]> {
  const { rows } = await driver.query("select name from sqlite_master where type = 'table' order by name")
  return rows.map((row) => row['name'])
}

describe('Migrator.up()', () => {
  it('runs what is pending in order of numbers, once', async () => {
    const steps = await migrator([tags, notes]).up()
    expect(steps.map((step) => [step.name, step.statements.length])).toEqual([
      ['0001-notes', 1],
      ['0002-tags', 3],
    ])
    expect((await driver.query('select a from notes')).rows).toEqual([{ a: 1 }, { a: 0 }])
    expect(await migrator([tags, notes]).up()).toEqual([])
  })

  it('sorts by number, not by text', async () => {
    const late = { name: '10000-late', up: 'drop table early', down: null }
    const early = { name: '9999-early', up: 'create table early (a)', down: null }
    const steps = await migrator([late, early]).up()
    expect(steps.map((step) => step.name)).toEqual(['9999-early', '10000-late'])
  })

  it('stops at the one it is told', async () => {
    await migrator([notes, tags]).up({ to: '0001-notes' })
    expect(await tables()).toEqual(['notes', 'rockstar_migration_lock', 'rockstar_migrations'])
  })

  it('refuses to go to a migration that is not there', async () => {
    await expect(migrator([notes]).up({ to: '0009-x' })).rejects.toMatchObject({ code: 'MIGRATION_MISSING' })
  })

  it('tells in a dry run what it would do, and writes nothing', async () => {
    const steps = await migrator([notes, tags]).up({ dryRun: true })
    expect(steps[0]).toEqual({
      name: '0001-notes',
      direction: 'up',
      statements: ['create table notes (a integer)'],
    })
    expect(await tables()).toEqual([])
  })

  it('keeps nothing of a migration that fails, names the statement, and keeps those before', async () => {
    const bad = { name: '0002-bad', up: 'create table half (a); insert into nowhere values (1)', down: null }
    await expect(migrator([notes, bad]).up()).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      details: { migration: '0002-bad', direction: 'up', statement: 2 },
      cause: { code: 'SQL_SYNTAX' },
    })
    expect(await tables()).toEqual(['notes', 'rockstar_migration_lock', 'rockstar_migrations'])
    expect((await driver.query('select owner from rockstar_migration_lock')).rows).toEqual([])
  })

  it('refuses a migration that ends its transaction itself', async () => {
    const bad = { name: '0001-bad', up: 'create table half (a); commit', down: null }
    await expect(migrator([bad]).up()).rejects.toMatchObject({ cause: { code: 'SQL_TRANSACTION_STATE' } })
    expect(await tables()).not.toContain('half')
  })

  it('refuses a migration that was edited after it ran', async () => {
    await migrator([notes]).up()
    const edited = { ...notes, up: 'create table notes (b integer);' }
    await expect(migrator([edited, tags]).up()).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      details: { migration: '0001-notes' },
    })
    expect(await tables()).not.toContain('tags')
  })

  it('takes other line ends and a byte order mark for no edit', async () => {
    await migrator([{ ...notes, up: 'create table\nnotes (a);\n' }]).up()
    expect(await migrator([{ ...notes, up: '\ufeffcreate table\r\nnotes (a);\r\n' }]).up()).toEqual([])
  })

  it('refuses when one that ran is no longer there', async () => {
    await migrator([notes, tags]).up()
    await expect(migrator([notes]).up()).rejects.toMatchObject({ code: 'MIGRATION_MISSING' })
  })

  it('refuses one that comes before one that ran', async () => {
    await migrator([tags.name === '0002-tags' ? { ...tags, up: 'create table tags (a)' } : tags]).up()
    await expect(migrator([notes, { ...tags, up: 'create table tags (a)' }]).up()).rejects.toMatchObject({
      code: 'MIGRATION_ORDER',
      details: { migration: '0001-notes' },
    })
  })

  it('waits for the lock of another process, and gives up at its bound', async () => {
    await migrator([notes]).up()
    const lock = { owner: 'other', until: now + 1_000 }
    await driver.query('insert into rockstar_migration_lock values (1, :owner, :until)', lock)
    await expect(migrator([notes, tags], { lockWaitMs: 60 }).up()).rejects.toMatchObject({
      code: 'MIGRATION_LOCKED',
    })
  })

  it('ends the wait for the lock when its signal is aborted', async () => {
    await migrator([notes]).up()
    const lock = { owner: 'other', until: now + 1_000 }
    await driver.query('insert into rockstar_migration_lock values (1, :owner, :until)', lock)
    const abort = new AbortController()
    const work = migrator([notes, tags]).up({ signal: abort.signal })
    setTimeout(() => abort.abort(), 20)
    await expect(work).rejects.toMatchObject({ code: 'SQL_ABORTED' })
  })

  it('takes over the lock of a process that died', async () => {
    await migrator([notes]).up()
    await driver.query("insert into rockstar_migration_lock values (1, 'dead', :until)", { until: now })
    expect(await migrator([notes, tags]).up()).toHaveLength(1)
  })
})

describe('a lock that was taken over', () => {
  it('keeps a migration from running', async () => {
    await migrator([notes]).up()
    const robbed: SqlDriver = {
      name: 'robbed',
      dialect: driver.dialect,
      capabilities: driver.capabilities,
      query: (...args) => driver.query(...args),
      batch: (...args) => driver.batch(...args),
      stream: (...args) => driver.stream(...args),
      close: () => driver.close(),
      async transaction(run, options) {
        await driver.query("update rockstar_migration_lock set owner = 'other'")
        return driver.transaction(run, options)
      },
    }
    const work = createMigrator({ driver: robbed, migrations: [notes, tags], clock }).up()
    await expect(work).rejects.toMatchObject({ code: 'MIGRATION_LOCKED' })
    expect(await tables()).not.toContain('tags')
    expect((await driver.query('select owner from rockstar_migration_lock')).rows).toEqual([
      { owner: 'other' },
    ])
  })
})

describe('Migrator.down()', () => {
  it('undoes the last one', async () => {
    await migrator([notes, tags]).up()
    const steps = await migrator([notes, tags]).down()
    expect(steps.map((step) => [step.name, step.direction])).toEqual([['0002-tags', 'down']])
    expect(await tables()).toEqual(['notes', 'rockstar_migration_lock', 'rockstar_migrations'])
  })

  it('undoes several, the last one first, and lets them run again', async () => {
    await migrator([notes, tags]).up()
    const steps = await migrator([notes, tags]).down({ steps: 9 })
    expect(steps.map((step) => step.name)).toEqual(['0002-tags', '0001-notes'])
    expect(await migrator([notes, tags]).up()).toHaveLength(2)
  })

  it('refuses one without a way back, before it undoes anything', async () => {
    const oneWay = { ...notes, down: null }
    await migrator([oneWay, tags]).up()
    await expect(migrator([oneWay, tags]).down({ steps: 2 })).rejects.toMatchObject({
      code: 'MIGRATION_IRREVERSIBLE',
    })
    expect(await tables()).toContain('tags')
  })

  it.each([-1, 1.5, Number.NaN])('refuses %d steps', (steps) => {
    expect(() => migrator([notes]).down({ steps })).toThrow(RangeError)
  })
})

describe('Migrator.status()', () => {
  it('tells how each one stands, and writes nothing', async () => {
    expect(await migrator([notes]).status()).toEqual([
      { name: '0001-notes', state: 'pending', appliedAt: null },
    ])
    expect(await tables()).toEqual([])
  })

  it('tells of every kind of trouble', async () => {
    const gone = { name: '0003-gone', up: 'create table gone (a)', down: null }
    await migrator([notes, gone]).up()
    const states = await migrator([{ ...notes, up: 'x' }, tags, { ...tags, name: '0004-new' }]).status()
    expect(states.map(({ name, state, appliedAt }) => [name, state, appliedAt])).toEqual([
      ['0001-notes', 'changed', now],
      ['0002-tags', 'out-of-order', null],
      ['0003-gone', 'missing', now],
      ['0004-new', 'pending', null],
    ])
  })
})

describe('createMigrator()', () => {
  it.each(['1-a', 'notes', '0001_notes', '0001-Notes', '0001-', '../0001-a', ''])(
    'refuses the name %j',
    (name) => {
      const create = (): Migrator => migrator([{ ...notes, name }])
      expect(create).toThrow(expect.objectContaining({ code: 'MIGRATION_INVALID' }))
    },
  )

  it('refuses two migrations with one number', () => {
    const create = (): Migrator => migrator([notes, { ...tags, name: '00001-tags' }])
    expect(create).toThrow(/one migration 1, got 0001-notes and 00001-tags/)
  })

  it('refuses a script without statements', () => {
    const create = (): Migrator => migrator([{ ...notes, up: ' \n' }])
    expect(create).toThrow(expect.objectContaining({ code: 'MIGRATION_INVALID' }))
  })

  it('migrates by batches where there are no transactions', async () => {
    const capabilities = new Set([...driver.capabilities].filter((each) => each !== 'transaction'))
    const batching: SqlDriver = {
      name: 'batching',
      dialect: 'sqlite',
      capabilities,
      query: (...args) => driver.query(...args),
      batch: (...args) => driver.batch(...args),
      stream: (...args) => driver.stream(...args),
      transaction: () => Promise.reject(new Error('no transactions here')),
      close: () => driver.close(),
    }
    const bad = { name: '0002-bad', up: 'create table half (a); insert into nowhere values (1)', down: null }
    const work = createMigrator({ driver: batching, migrations: [notes, bad], clock }).up()
    await expect(work).rejects.toMatchObject({ code: 'MIGRATION_FAILED' })
    expect(await tables()).toEqual(['notes', 'rockstar_migration_lock', 'rockstar_migrations'])
  })

  it('refuses an engine that cannot undo a half-run migration', () => {
    const capabilities = new Set([...driver.capabilities].filter((each) => each !== 'transactional-ddl'))
    const weak: SqlDriver = Object.create(driver, { capabilities: { value: capabilities } })
    const create = (): Migrator => createMigrator({ driver: weak, migrations: [notes], clock })
    expect(create).toThrow(expect.objectContaining({ code: 'STORE_UNSUPPORTED' }))
  })
})

describe('several processes', () => {
  let folder = ''
  let path = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rockstar-migrate-'))
    path = join(folder, 'test.db')
  })

  afterEach(async () => {
    await rm(folder, { recursive: true })
  })

  it('that start at once migrate once', { timeout: 60_000 }, async () => {
    const children = Array.from({ length: 5 }, () =>
      startChild(new URL('processes/migrate.ts', import.meta.url), [path]),
    )
    const counts = await readCounts(children)
    expect(await Promise.all(children.map(ended))).toEqual([0, 0, 0, 0, 0])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(manyMigrations.length)
    const file = await openFile(path)
    const { rows } = await file.query('select n from counter')
    const journal = await file.query('select name from rockstar_migrations order by name')
    await file.close()
    expect(rows).toEqual([{ n: manyMigrations.length }])
    expect(journal.rows.map((row) => row['name'])).toEqual(manyMigrations.map((migration) => migration.name))
  })

  it(
    'leave nothing half done when one is killed in a migration, and the next one goes on',
    { timeout: 30_000 },
    async () => {
      const child = startChild(new URL('processes/die.ts', import.meta.url), [path])
      await heard(child, 'half')
      child.kill('SIGKILL')
      expect(await ended(child)).toBe('SIGKILL')
      const file = await openFile(path)
      const found = await file.query("select name from sqlite_master where name in ('half', 'whole')")
      expect(found.rows).toEqual([])
      const migrations = [{ name: '0001-half', up: 'create table half (a integer)', down: null }]
      const later = { now: () => Date.now() + 30_000 }
      const steps = await createMigrator({ driver: file, migrations, clock: later }).up()
      await file.close()
      expect(steps).toHaveLength(1)
    },
  )
})

/** Lets the children begin when all are ready, and reads how many migrations each one ran. */
async function readCounts(children: readonly Child[]): Promise<readonly number[]> {
  let ready = 0
  const outputs = children.map(async (child) => {
    let output = ''
    for await (const chunk of child.stdout) {
      output += String(chunk)
      if (String(chunk).includes('ready')) ready += 1
      if (ready === children.length) for (const each of children) each.stdin.end()
    }
    return Number(/ran (\d+)/.exec(output)?.[1])
  })
  return Promise.all(outputs)
}
