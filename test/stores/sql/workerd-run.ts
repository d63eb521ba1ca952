// Runs one scenario inside workerd for each request, `/object?name=<name>` or `/d1?name=<name>`, and answers with what it saw.
import type { SqlDriver } from '../../../src/stores/contract.ts'
import { d1Driver, type D1DatabaseLike } from '../../../src/stores/d1.ts'
import { durableObjectDriver, type DurableObjectStorageLike } from '../../../src/stores/durable-object.ts'

interface Env {
  readonly DB: D1DatabaseLike & { withSession(): D1DatabaseLike }
  readonly OBJECT: {
    getByName(name: string): { fetch(request: Request): Promise<Response> }
  }
}

const insert = 'insert into notes (id, title) values (:id, :title)'
const big = 2n ** 60n + 1n

async function fill(driver: SqlDriver, count: number): Promise<void> {
  await driver.query(
    'with recursive n(i) as (select 1 union all select i + 1 from n where i < :count) insert into notes (title) select i from n',
    { count },
  )
}

async function count(driver: SqlDriver): Promise<unknown> {
  return (await driver.query('select count(*) as n from notes')).rows[0]?.['n']
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** What a promise came to: its value, or the code and details of its error. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof Error)) return error
    const { code, details } = error as Error & { code?: string; details?: { index?: number } }
    return { code: code ?? error.message, index: details?.index }
  }
}

type Scenario = (driver: SqlDriver) => Promise<unknown>

/** For both databases. */
const common: Readonly<Record<string, Scenario>> = {
  async 'types without a column'(driver) {
    const params = { a: 1, b: 1.5, c: true, d: big, e: 'x', f: null, g: new Uint8Array([1]), h: 2 ** 60 }
    const names = Object.keys(params)
    const { rows } = await driver.query(
      `select ${names.map((name) => `typeof(:${name}) as ${name}`).join(', ')}`,
      params,
    )
    return rows[0]
  },
  async 'an integer against text'(driver) {
    await driver.query(insert, { id: 1, title: '7' })
    await driver.query(insert, { id: 2, title: '07' })
    return (await driver.query('select id from notes where title = :title', { title: 7 })).rows
  },
  async 'plan of a search by id'(driver) {
    const { rows } = await driver.query('explain query plan select * from notes where id = :id', { id: 1 })
    return rows.map((row) => row['detail'])
  },
  async 'big integers in rows, in order'(driver) {
    for (const [index, title] of ['b', 'c', 'a'].entries()) {
      await driver.query(insert, { id: big + BigInt(index), title })
    }
    await driver.query(insert, { id: 1, title: 'd' })
    const { rows, columns } = await driver.query(
      "select id, id as again, title, 1.5 as f, 9.0e18 as g, null as n, x'0102' as bytes from notes where id > :id order by title desc; -- all",
      { id: 0 },
    )
    return { columns, rows: rows.map((row) => Object.values(row).map(String)) }
  },
  async 'big integers behind with, and with one name'(driver) {
    const { rows } = await driver.query(
      'with q(x) as (select :n) select x as a, x - 1 as a, (select max(x) from q) as b from q',
      { n: big },
    )
    return Object.values(rows[0] ?? {}).map(String)
  },
  async 'more exact rows than maxRows'(driver) {
    return outcome(driver.query('select :n as n union all select 2', { n: big }, { maxRows: 1 }))
  },
  async 'last id beyond 2^53'(driver) {
    return String((await driver.query(insert, { id: big, title: 'a' })).lastId)
  },
  async 'changes beside a trigger'(driver) {
    await driver.query('create table log (x)')
    await driver.query(
      'create trigger note_made after insert on notes begin insert into log values (1); insert into log values (2); end',
    )
    const { changes, lastId } = await driver.query(insert, { id: 7, title: 'a' })
    const [batched] = await driver.batch([{ sql: insert, params: { id: 8, title: 'b' } }])
    await driver.query('drop table log')
    return { changes, lastId, batched: [batched?.changes, batched?.lastId] }
  },
  async 'an ignored insert'(driver) {
    await driver.query(insert, { id: 1, title: 'a' })
    const { changes, lastId } = await driver.query("insert or ignore into notes (title) values ('a')")
    return { changes, lastId }
  },
  async 'returning without rows has columns'(driver) {
    const { columns, rows } = await driver.query('delete from notes returning id, title')
    return { columns, rows }
  },
  async 'a batch that makes a table is undone'(driver) {
    const batch = driver.batch([{ sql: 'create table made (a)' }, { sql: 'insert into none values (1)' }])
    return [await outcome(batch), await outcome(driver.query('select * from made'))]
  },
  async 'the place in a long batch'(driver) {
    const statements = Array.from({ length: 20 }, (_, id) => ({
      sql: insert,
      params: { id, title: `t${id}` },
    }))
    statements[13] = { sql: insert, params: { id: 99, title: 't4' } }
    return [await outcome(driver.batch(statements)), await count(driver)]
  },
}

const ofObject: Readonly<Record<string, Scenario>> = {
  ...common,
  async 'big integers by returning are refused and undone'(driver) {
    const query = driver.query(`${insert} returning id`, { id: big, title: 'a' })
    return [await outcome(query), await count(driver)]
  },
  async 'big integers in a stream are refused'(driver) {
    await driver.query(insert, { id: big, title: 'a' })
    const rows = driver.stream('select id from notes')[Symbol.asyncIterator]()
    return outcome(rows.next())
  },
  async 'a table is dropped after a stream was left'(driver) {
    await fill(driver, 1_000)
    for await (const row of driver.stream('select id from notes')) {
      if (row['id'] === 1) break
    }
    await driver.query('drop table notes')
    return 'dropped'
  },
  async 'statements and transactions inside a stream'(driver) {
    await fill(driver, 200)
    for await (const row of driver.stream('select id from notes order by id')) {
      const id = row['id'] ?? 0
      await driver.transaction((tx) => tx.query('update notes set title = null where id = :id', { id }))
    }
    return (await driver.query('select count(title) as n from notes')).rows
  },
  async 'a nested transaction ends at its own bound'(driver) {
    const begun = Date.now()
    const result = await driver.transaction(async (tx) => {
      await tx.query(insert, { id: 1, title: 'outer' })
      const nested = await outcome(
        tx.transaction(
          async (inner) => {
            await inner.query(insert, { id: 2, title: 'inner' })
            await new Promise(() => undefined)
          },
          { timeoutMs: 50 },
        ),
      )
      await tx.query(insert, { id: 3, title: 'after' })
      return nested
    })
    return [result, await count(driver), Date.now() - begun < 2_000]
  },
  async 'an outer transaction ends at its bound inside a nested one'(driver) {
    const work = driver.transaction(
      async (tx) => {
        await tx.query(insert, { id: 1, title: 'outer' })
        await tx.transaction(async (one) => one.transaction(() => new Promise(() => undefined)))
      },
      { timeoutMs: 50 },
    )
    return [await outcome(work), await count(driver)]
  },
  async 'a transaction and a nested one wait for timers inside'(driver) {
    await driver.transaction(async (tx) => {
      await pause(5)
      await tx.transaction(async (inner) => {
        await pause(5)
        await inner.query(insert, { id: 1, title: 'inner' })
        await pause(5)
      })
      await pause(5)
      await tx.query(insert, { id: 2, title: 'outer' })
    })
    await pause(5)
    return count(driver)
  },
  async 'statements wait for a transaction'(driver) {
    const order: string[] = []
    const work = driver.transaction(async (tx) => {
      await tx.query(insert, { id: 1, title: 'a' })
      await pause(20)
      order.push('transaction')
    })
    await driver.query(insert, { id: 2, title: 'b' })
    order.push('statement')
    await work
    return order
  },
}

const ofD1: Readonly<Record<string, Scenario>> = {
  ...common,
  async 'big integers by returning are refused and kept'(driver) {
    const query = driver.query(`${insert} returning id`, { id: big, title: 'a' })
    return [await outcome(query), await count(driver)]
  },
  async 'big integers in a batch are refused'(driver) {
    const batch = driver.batch([{ sql: 'select 1 as a' }, { sql: 'select :n as n', params: { n: big } }])
    return outcome(batch)
  },
  async 'a batch of everything'(driver) {
    const results = await driver.batch([
      { sql: insert, params: { id: 1, title: 'a' } },
      { sql: 'select title from notes' },
      { sql: 'update notes set title = :title returning id, title', params: { title: 'b' } },
      { sql: 'select title from notes where id = 77' },
      { sql: 'create table if not exists made_by_batch (a)' },
    ])
    return results.map(({ rows, columns, changes, lastId }) => [rows, columns, changes, lastId])
  },
  async 'too many parameters'(driver) {
    const names = Array.from({ length: 101 }, (_, index) => `p${index}`)
    const params = Object.fromEntries(names.map((name) => [name, 'x']))
    return outcome(driver.query(`select ${names.map((name) => `:${name}`).join(', ')}`, params))
  },
}

/** An empty table for each scenario. */
async function runScenario(driver: SqlDriver, scenario: Scenario | undefined): Promise<Response> {
  await driver.query('drop table if exists notes')
  await driver.query('create table notes (id integer primary key, title text unique)')
  try {
    return Response.json((await scenario?.(driver)) ?? null)
  } finally {
    await driver.close()
  }
}

export class SqlObject {
  readonly #storage: DurableObjectStorageLike

  constructor(ctx: { readonly storage: DurableObjectStorageLike }) {
    this.#storage = ctx.storage
  }

  fetch(request: Request): Promise<Response> {
    return runScenario(durableObjectDriver(this.#storage), ofObject[nameOf(request)])
  }
}

const worker = {
  async fetch(request: Request, { DB, OBJECT }: Env): Promise<Response> {
    const name = nameOf(request)
    const { pathname } = new URL(request.url)
    if (pathname === '/object') return OBJECT.getByName(name).fetch(request)
    const database = pathname === '/session' ? DB.withSession() : DB
    return runScenario(d1Driver(database), ofD1[name])
  },
}

export { worker as default }

function nameOf(request: Request): string {
  return new URL(request.url).searchParams.get('name') ?? ''
}
