import { createServer, type IncomingMessage, type Server } from 'node:http'
import { once } from 'node:events'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

/**
 * A server that speaks as much of Hrana 2 over HTTP as the client of `@libsql/client` uses, over a SQLite file. It
 * stands for a libSQL server, of which there is none here: it shows that the driver works over the wire, not that a
 * certain server does.
 */
export interface HranaServer {
  readonly url: string
  close(): Promise<void>
}

interface Value {
  readonly type: 'null' | 'integer' | 'float' | 'text' | 'blob'
  readonly value?: string | number
  readonly base64?: string
}

interface Statement {
  readonly sql?: string
  readonly sql_id?: number
  readonly args?: readonly Value[]
}

interface Condition {
  readonly type: 'ok' | 'error' | 'not' | 'and' | 'or'
  readonly step?: number
  readonly cond?: Condition
  readonly conds?: readonly Condition[]
}

interface Request {
  readonly type: string
  readonly stmt?: Statement
  readonly sql?: string
  readonly sql_id?: number
  readonly batch?: { readonly steps: readonly { readonly condition?: Condition; readonly stmt: Statement }[] }
}

interface Outcome {
  readonly result?: unknown
  readonly error?: unknown
}

/** One stream: a connection, and the texts that it was told to keep. */
interface Stream {
  readonly database: DatabaseSync
  readonly texts: Map<number, string>
}

export async function startHranaServer(path: string): Promise<HranaServer> {
  const streams = new Map<string, Stream>()
  let count = 0
  const server = createServer((request, response) => {
    answer(request)
      .then((body) => response.end(JSON.stringify(body)))
      .catch((error: unknown) => response.writeHead(400).end(String(error)))
  })

  async function answer(request: IncomingMessage): Promise<unknown> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { baton?: string; requests: Request[] }
    count += 1
    const baton = body.baton ?? `stream ${count}`
    const stream = streams.get(baton) ?? { database: open(path), texts: new Map<number, string>() }
    streams.set(baton, stream)
    const results: unknown[] = []
    for (const each of body.requests) results.push(await serve(stream, each))
    const isOver = body.requests.some((each) => each.type === 'close')
    if (isOver) {
      streams.delete(baton)
      stream.database.close()
    }
    return { baton: isOver ? null : baton, base_url: null, results }
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => stop(server, streams) }
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true })
  database.exec('pragma journal_mode = wal')
  return database
}

function portOf(server: Server): number {
  const address = server.address()
  if (typeof address === 'object' && address !== null) return address.port
  throw new Error('Expected a port')
}

async function stop(server: Server, streams: ReadonlyMap<string, Stream>): Promise<void> {
  for (const { database } of streams.values()) database.close()
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}

async function serve(stream: Stream, request: Request): Promise<unknown> {
  const { type } = request
  if (type === 'store_sql') stream.texts.set(request.sql_id ?? 0, request.sql ?? '')
  if (type === 'close_sql') stream.texts.delete(request.sql_id ?? 0)
  if (type === 'sequence') stream.database.exec(request.sql ?? '')
  if (type === 'execute') {
    const { result, error } = await execute(stream, request.stmt ?? {})
    return error === undefined ? { type: 'ok', response: { type, result } } : { type: 'error', error }
  }
  if (type === 'batch') return { type: 'ok', response: { type, result: await runBatch(stream, request) } }
  return { type: 'ok', response: { type } }
}

async function runBatch(stream: Stream, request: Request): Promise<unknown> {
  const outcomes: (Outcome | null)[] = []
  for (const { condition, stmt } of request.batch?.steps ?? []) {
    outcomes.push(condition === undefined || holds(condition, outcomes) ? await execute(stream, stmt) : null)
  }
  return {
    step_results: outcomes.map((outcome) => outcome?.result ?? null),
    step_errors: outcomes.map((outcome) => outcome?.error ?? null),
  }
}

function holds(condition: Condition, outcomes: readonly (Outcome | null)[]): boolean {
  const outcome = outcomes[condition.step ?? -1]
  if (condition.type === 'ok') return outcome?.result !== undefined
  if (condition.type === 'error') return outcome?.error !== undefined
  if (condition.type === 'not') return condition.cond !== undefined && !holds(condition.cond, outcomes)
  const all = (condition.conds ?? []).map((each) => holds(each, outcomes))
  return condition.type === 'and' ? all.every(Boolean) : all.some(Boolean)
}

/** As a server does, waits for the lock of another stream. */
async function execute(stream: Stream, statement: Statement): Promise<Outcome> {
  const deadline = performance.now() + 5_000
  for (;;) {
    try {
      return { result: run(stream, statement) }
    } catch (error) {
      const isBusy = error instanceof Error && 'errcode' in error && error.errcode === 5
      if (!isBusy || performance.now() > deadline) return { error: describe(error) }
    }
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

function run(stream: Stream, statement: Statement): unknown {
  const prepared = stream.database.prepare(statement.sql ?? stream.texts.get(statement.sql_id ?? -1) ?? '')
  prepared.setReadBigInts(true)
  prepared.setReturnArrays(true)
  const args = (statement.args ?? []).map(fromWire)
  const cols = prepared.columns().map(({ name, type }) => ({ name, decltype: type }))
  if (cols.length > 0) {
    // With setReturnArrays each row is an array, which the types do not tell.
    const rows = (prepared.all(...args) as unknown as unknown[][]).map((row) => row.map(toWire))
    return { cols, rows, affected_row_count: 0, last_insert_rowid: null }
  }
  const { changes, lastInsertRowid } = prepared.run(...args)
  return { cols, rows: [], affected_row_count: Number(changes), last_insert_rowid: String(lastInsertRowid) }
}

function describe(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error)
  const errcode = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 1
  const names: Readonly<Record<number, string>> = { 5: 'SQLITE_BUSY', 19: 'SQLITE_CONSTRAINT' }
  return { message: `SQLite error: ${message}`, code: names[errcode & 0xff] ?? 'SQLITE_ERROR' }
}

function fromWire(value: Value): SQLInputValue {
  if (value.type === 'integer') return BigInt(value.value ?? 0)
  if (value.type === 'float') return Number(value.value)
  if (value.type === 'text') return String(value.value)
  return value.type === 'blob' ? Buffer.from(value.base64 ?? '', 'base64') : null
}

function toWire(value: unknown): Value {
  if (typeof value === 'bigint') return { type: 'integer', value: String(value) }
  if (typeof value === 'number') return { type: 'float', value }
  if (typeof value === 'string') return { type: 'text', value }
  return value instanceof Uint8Array
    ? { type: 'blob', base64: Buffer.from(value).toString('base64') }
    : { type: 'null' }
}
