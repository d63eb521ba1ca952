import { describe, expect, it } from 'vitest'
import type { DatabaseManagerOptions } from '../../src/database/index.ts'
import { createDatabaseManager, createDatabaseService } from '../../src/database/index.ts'
import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'
import { createDiagnostics } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import { createPortablePlatform } from '../../src/platform/index.ts'
import type { SqlDriver } from '../../src/stores/contract.ts'
import { createTestClock } from '../../src/testing/index.ts'
import { openMemory } from './open.ts'

/** A database with one row that says which it is. */
async function openNamed(name: string): Promise<SqlDriver> {
  const driver = openMemory()
  await driver.query('create table who (name text)')
  await driver.query('insert into who values (:name)', { name })
  return driver
}

async function setUp(options: Partial<DatabaseManagerOptions> = {}) {
  const clock = createTestClock()
  const diagnostics = createDiagnostics()
  const events: DiagnosticEvent[] = []
  diagnostics.subscribe((event) => events.push(event))
  const primary = await openNamed('primary')
  const replica = await openNamed('replica')
  const manager = createDatabaseManager({
    driver: primary,
    replicas: [replica],
    diagnostics,
    clock,
    ...options,
  })
  const request = () => manager.for({ signal: new AbortController().signal })
  const who = async (database = request()) =>
    (await database.one<{ name: string }>('select name from who'))?.name
  return { clock, events, manager, primary, replica, request, who }
}

describe('a database with replicas', () => {
  it('reads from them, and writes to the primary', async () => {
    const { request, who, primary } = await setUp()
    expect(await who()).toBe('replica')
    await request().exec("insert into who values ('more')")
    const { rows } = await primary.query('select count(*) as count from who')
    expect(rows).toEqual([{ count: 2 }])
  })

  it.each([
    'select name from who for update',
    "with x as (select 1) insert into who select 'x' from x",
    'select last_insert_rowid() as name',
    'pragma user_version',
  ])('asks the primary what may not only read: %s', async (statement) => {
    const asked: string[] = []
    const spy = (driver: SqlDriver, name: string): SqlDriver =>
      new Proxy(driver, {
        get(target, key) {
          if (key === 'query') asked.push(name)
          const value: unknown = Reflect.get(target, key)
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    const { request } = await setUp({
      driver: spy(await openNamed('p'), 'primary'),
      replicas: [spy(await openNamed('r'), 'replica')],
    })
    await request()
      .query(statement)
      .catch(() => undefined)
    expect(asked).toEqual(['primary'])
  })

  it('reads what the request itself has written, however long that was ago', async () => {
    const { clock, request, who } = await setUp()
    const database = request()
    await database.exec("update who set name = 'written'")
    await clock.advance(3_600_000)
    expect(await who(database)).toBe('written')
    expect(await who()).toBe('replica')
  })

  it('reads from the primary for a while after any write of the process', async () => {
    const { clock, request, who } = await setUp({ replicaLagMs: 500 })
    await request().transaction((transaction) => transaction.exec("update who set name = 'written'"))
    await clock.advance(499)
    expect(await who()).toBe('written')
    await clock.advance(1)
    expect(await who()).toBe('replica')
  })

  it('keeps a transaction on the primary', async () => {
    const { request } = await setUp()
    const name = await request().transaction(
      async (transaction) => (await transaction.one<{ name: string }>('select name from who'))?.name,
    )
    expect(name).toBe('primary')
  })

  it('has the primary alone for who wants it', async () => {
    const { request, who } = await setUp()
    expect(await who(request().primary)).toBe('primary')
  })

  it('takes them in turn', async () => {
    const names = await Promise.all(['one', 'two', 'three'].map(openNamed))
    const { who } = await setUp({ replicas: names })
    const heard = []
    for (let index = 0; index < 6; index++) heard.push(await who())
    expect(heard).toEqual(['one', 'two', 'three', 'one', 'two', 'three'])
  })

  it('lets the primary answer for one that fails, and tries it again after a while', async () => {
    let isDown = true
    const { clock, events, who } = await setUp({
      replicas: [
        () => {
          if (isDown) throw new RockstarError('SQL_CONNECTION', 'down')
          return openNamed('replica')
        },
      ],
    })
    expect(await who()).toBe('primary')
    isDown = false
    expect(await who()).toBe('primary')
    expect(events.filter(({ kind }) => kind === 'database.replica-down')).toHaveLength(1)
    await clock.advance(5000)
    expect(await who()).toBe('replica')
  })

  it('lets the primary answer what a replica that went away had begun', async () => {
    const { replica, who } = await setUp()
    await replica.close()
    expect(await who()).toBe('primary')
  })

  it('does not repeat what failed for another reason', async () => {
    const { request } = await setUp()
    await expect(request().query('select nothing from who')).rejects.toMatchObject({ code: 'SQL_SYNTAX' })
  })

  it('closes those that it opened, and leaves the others', async () => {
    const own = await openNamed('own')
    const { manager, replica, who } = await setUp({ replicas: [() => own] })
    expect(await who()).toBe('own')
    await manager.close()
    await expect(own.query('select 1')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
    expect((await replica.query('select 1 as a')).rows).toEqual([{ a: 1 }])
  })

  it('tells how each of them is', async () => {
    const { manager } = await setUp({
      replicas: [
        () => {
          throw new RockstarError('SQL_CONNECTION', 'down')
        },
      ],
    })
    expect(await manager.health()).toEqual([
      { name: 'primary', ok: true, ms: 0, code: null },
      { name: 'replica 1', ok: false, ms: 0, code: 'SQL_CONNECTION' },
    ])
  })
})

describe('several databases', () => {
  const host = () => ({
    platform: createPortablePlatform(),
    diagnostics: createDiagnostics(),
  })
  const scope = { signal: new AbortController().signal }

  it('are found by name, and closed with the app', async () => {
    const [main, logs] = [await openNamed('main'), await openNamed('logs')]
    const service = createDatabaseService({
      driver: main,
      databases: { logs: { driver: () => logs } },
    })
    await service.start(host())
    const database = service(scope)
    expect(await database.on('logs').query('select name from who')).toEqual([{ name: 'logs' }])
    expect(await database.query('select name from who')).toEqual([{ name: 'main' }])
    expect((await service.health()).map(({ name, ok }) => [name, ok])).toEqual([
      ['primary', true],
      ['logs/primary', true],
    ])
    await service.stop()
    await expect(logs.query('select 1')).rejects.toMatchObject({ code: 'SQL_CLOSED' })
    expect(await service.health()).toEqual([])
  })

  it('are refused by a name that is not configured', async () => {
    const service = createDatabaseService({ driver: await openNamed('main') })
    await service.start(host())
    expect(() => service(scope).on('nope')).toThrow(
      expect.objectContaining({ code: 'DATABASE_UNKNOWN' }) as Error,
    )
    await service.stop()
  })

  it('migrate each on its own at the start', async () => {
    const driver = openMemory()
    const migrations = [{ name: '0001-a', up: 'create table a (b integer)', down: null }]
    const service = createDatabaseService({
      driver: await openNamed('main'),
      databases: { other: { driver, migrations } },
    })
    await service.start(host())
    expect((await driver.query('select count(*) as count from a')).rows).toEqual([{ count: 0 }])
    await service.stop()
  })
})
