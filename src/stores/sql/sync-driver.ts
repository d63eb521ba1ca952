import { isRockstarError, RockstarError } from '../../errors/index.ts'
import type {
  SqlBatchStatement,
  SqlCapability,
  SqlDriver,
  SqlOptions,
  SqlParameters,
  SqlQueryOptions,
  SqlResult,
  SqlRow,
  SqlSession,
  SqlTransactionOptions,
} from '../contract.ts'
import { createCompiler, type StatementCompiler } from './compile.ts'
import { createLifetime } from './lifetime.ts'
import {
  abortedError,
  createLimit,
  defaultTimeoutMs,
  maxTimeoutMs,
  systemTimer,
  type SqlTimer,
} from './limit.ts'
import { SyncLane } from './sync-lane.ts'
import type { RowReader, SyncEngine, SyncTransaction } from './sync-engine.ts'
import { defaultMaxRows, type TransactionConnection, type TransactionHost } from './transaction-session.ts'
import { runTransaction } from './transaction.ts'

/** Options of every driver over a database on the caller's thread. */
export interface SyncDriverOptions {
  /**
   * How long a statement waits for a transaction of this driver, or for the lock of another process, before
   * `SQL_BUSY`. In milliseconds, 1 to 2,147,483,647. Default: 10,000.
   */
  readonly lockTimeoutMs?: number
  /** Runs once at the end of `close()`. Whoever gives the client away to the driver closes it here. Default: nothing. */
  readonly onClose?: () => void | Promise<void>
  /** Default: the runtime's timers. */
  readonly timer?: SqlTimer
}

/** Rows that a stream reads in one turn. */
const rowsPerTurn = 64

/** A driver over one connection on this thread: everybody in turn, a transaction keeps its turn until its end. */
export class SyncDriver<Request> implements SqlDriver {
  readonly name: string
  readonly dialect = 'sqlite'
  readonly capabilities: ReadonlySet<SqlCapability>
  readonly #compile: StatementCompiler = createCompiler('sqlite')
  readonly #timer: SqlTimer
  readonly #engine: SyncEngine<Request>
  readonly #lane: SyncLane
  readonly #lifetime = createLifetime()
  readonly #readers = new Set<RowReader>()
  readonly #onClose: () => void | Promise<void>

  constructor(engine: SyncEngine<Request>, options: SyncDriverOptions) {
    const { lockTimeoutMs = 10_000 } = options
    if (!(lockTimeoutMs >= 1 && lockTimeoutMs <= maxTimeoutMs)) {
      throw new RangeError(`Expected lockTimeoutMs from 1 to ${maxTimeoutMs}, got ${lockTimeoutMs}`)
    }
    this.name = engine.name
    this.capabilities = new Set(engine.capabilities)
    this.#timer = options.timer ?? systemTimer()
    this.#engine = engine
    this.#lane = new SyncLane(this.#timer, lockTimeoutMs)
    this.#onClose = options.onClose ?? ((): void => undefined)
  }

  query(sql: string, params?: SqlParameters, options: SqlQueryOptions = {}): Promise<SqlResult> {
    return this.#lifetime.track(async () => {
      const statement = this.#compile(sql)
      const args = this.#engine.bind(statement, params)
      const maxRows = options.maxRows ?? defaultMaxRows
      return this.#lane.run(options, () => this.#engine.execute(statement, args, maxRows))
    })
  }

  batch(statements: readonly SqlBatchStatement[], options: SqlOptions = {}): Promise<readonly SqlResult[]> {
    return this.#lifetime.track(async () => {
      const work = statements.map(({ sql, params }) => {
        const statement = this.#compile(sql)
        return { statement, args: this.#engine.bind(statement, params) }
      })
      if (work.length === 0) return []
      return this.#lane.run(options, () =>
        this.#engine.atomically(() =>
          work.map(({ statement, args }, index) =>
            atPlace(index, () => this.#engine.execute(statement, args, defaultMaxRows)),
          ),
        ),
      )
    })
  }

  transaction<Result>(
    run: (transaction: SqlSession) => Promise<Result>,
    options: SqlTransactionOptions = {},
  ): Promise<Result> {
    return this.#lifetime.track(async () => {
      const readOnly = options.readOnly === true
      const begun = this.#timer.monotonic()
      const opened = await this.#lane.open(options, () => this.#engine.begin(readOnly, this.#timer))
      // A timer of its own: in a Durable Object one that was set before the transaction fires only after its end.
      const restMs = (options.timeoutMs ?? defaultTimeoutMs) - (this.#timer.monotonic() - begun)
      const { timer } = opened
      const limit = createLimit({ signal: options.signal, timeoutMs: Math.max(1, restMs) }, timer)
      const { name, dialect, capabilities } = this
      const host: TransactionHost = { name, dialect, capabilities, compile: this.#compile, timer }
      try {
        return await runTransaction(host, this.#connect(opened), run, { limit, readOnly })
      } finally {
        limit.end()
        this.#lane.leave()
      }
    })
  }

  async *stream(sql: string, params?: SqlParameters, options: SqlOptions = {}): AsyncGenerator<SqlRow> {
    const statement = this.#compile(sql)
    // What writes must not stand half done between two turns.
    if (!statement.reads) return yield* (await this.query(sql, params, options)).rows
    let reader: RowReader | null = null
    try {
      for (;;) {
        const rows = await this.#lifetime.track(() =>
          this.#lane.run(options, () => {
            reader ??= this.#startReader(() =>
              this.#engine.read(statement, this.#engine.bind(statement, params)),
            )
            return readSome(reader)
          }),
        )
        for (const row of rows) {
          if (options.signal?.aborted === true) throw abortedError(options.signal)
          yield row
        }
        if (rows.length < rowsPerTurn) return
      }
    } finally {
      this.#endReader(reader)
    }
  }

  close(): Promise<void> {
    return this.#lifetime.end(() => {
      for (const reader of this.#readers) reader.close()
      this.#readers.clear()
      this.#engine.close()
      return this.#onClose()
    })
  }

  #startReader(start: () => RowReader): RowReader {
    const reader = start()
    this.#readers.add(reader)
    return reader
  }

  #endReader(reader: RowReader | null): void {
    if (reader === null || !this.#readers.delete(reader)) return
    reader.close()
  }

  #connect(opened: SyncTransaction): TransactionConnection<Request> {
    const engine = this.#engine
    return {
      prepare: (statement, params) => engine.bind(statement, params),
      execute: async (statement, args, maxRows) => engine.execute(statement, args, maxRows),
      command: (sql) => opened.command(sql),
      commit: () => this.#lane.commit(opened),
      rollback: () => opened.rollback(),
    }
  }
}

function readSome(reader: RowReader): SqlRow[] {
  const rows: SqlRow[] = []
  while (rows.length < rowsPerTurn) {
    const row = reader.next()
    if (row === null) break
    rows.push(row)
  }
  return rows
}

/** Adds its place to the error of a statement of a batch. */
function atPlace<Value>(index: number, work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    if (!isRockstarError(error)) throw error
    throw withPlace(error, index)
  }
}

function withPlace(error: RockstarError, index: number): RockstarError {
  const { code, message, cause, details } = error
  return new RockstarError(code, message, { cause, details: { ...details, index } })
}
