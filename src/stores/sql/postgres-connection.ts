import type { SqlParameters, SqlResult } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import { createLimit, type Limit, type SqlTimer } from './limit.ts'
import type { PgClientLike, PgPoolLike } from './postgres-client.ts'
import { fromPostgresError, isLost } from './postgres-error.ts'
import { bindPostgres, toPostgresResult, type PostgresArgument } from './postgres-values.ts'
import type { StatementNames } from './postgres-names.ts'
import type { TransactionConnection } from './transaction-session.ts'

/** How long the undoing of a transaction, or the stopping of a statement, may take before the connection is cut. */
const cleanUpMs = 5_000

const asText = { getTypeParser: () => (text: string) => text }
const ignore = (): void => undefined

/** What all connections of a driver share. */
export interface PostgresShared {
  readonly pool: PgPoolLike
  readonly timer: SqlTimer
  readonly names: StatementNames
}

/** One connection of the pool, from `connect` to the one call of `end`. */
export class PostgresConnection implements TransactionConnection<PostgresArgument[]> {
  readonly #shared: PostgresShared
  readonly #client: PgClientLike
  /** What runs on it now. */
  #running: Promise<unknown> | null = null
  #pid: number | null = null
  #isBroken = false
  #hasEnded = false

  private constructor(shared: PostgresShared, client: PgClientLike) {
    this.#shared = shared
    this.#client = client
    // While it is out of the pool nobody else listens, and an event that nobody hears ends the process.
    client.on('error', this.#onError)
  }

  /** Takes a connection from the pool; one that comes after the bound goes back. */
  static async open(shared: PostgresShared, limit: Limit): Promise<PostgresConnection> {
    const pending = shared.pool.connect()
    try {
      return new PostgresConnection(shared, await limit.race(pending))
    } catch (error) {
      pending.then((late) => late.release(), ignore)
      throw fromPostgresError(error, undefined)
    }
  }

  prepare(statement: CompiledStatement, params: SqlParameters | undefined): PostgresArgument[] {
    return bindPostgres(statement, params)
  }

  async execute(
    statement: CompiledStatement,
    values: PostgresArgument[],
    maxRows: number,
  ): Promise<SqlResult> {
    return toPostgresResult(await this.run(statement.text, values, statement.source), statement, maxRows)
  }

  async command(sql: string): Promise<void> {
    await this.run(sql, [], sql, false)
  }

  commit(): Promise<void> {
    return this.command('commit')
  }

  /** Stops what runs, undoes the transaction, and gives the connection back. */
  async rollback(): Promise<void> {
    const limit = createLimit({ timeoutMs: cleanUpMs }, this.#shared.timer)
    try {
      await limit.race(this.#stop())
      await limit.race(this.command('rollback'))
    } catch {
      // The server undoes it when the connection is closed.
      this.#isBroken = true
    } finally {
      limit.end()
      this.end()
    }
  }

  /** Sends a statement. Rejects with an error of the SQL set. */
  async run(text: string, values: PostgresArgument[], source: string, isKept = true): Promise<unknown> {
    const name = isKept ? this.#shared.names.nameOf(text) : undefined
    try {
      const running = this.#client.query({
        text,
        values,
        rowMode: 'array',
        types: asText,
        ...(name !== undefined && { name }),
      })
      this.#running = running
      return await running
    } catch (error) {
      const failure = fromPostgresError(error, source)
      if (isLost(failure)) this.#isBroken = true
      throw failure
    } finally {
      this.#running = null
    }
  }

  /** Stops what runs within its own bound, in the background, and then gives the connection back. */
  abandon(): void {
    const limit = createLimit({ timeoutMs: cleanUpMs }, this.#shared.timer)
    limit
      .race(this.#stop())
      .catch(() => {
        this.#isBroken = true
      })
      .finally(() => {
        limit.end()
        this.end()
      })
  }

  /** Gives the connection back, or closes it when it is of no more use. */
  end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#client.removeListener('error', this.#onError)
    this.#client.release(this.#isBroken || this.#running !== null)
  }

  readonly #onError = (): void => {
    this.#isBroken = true
  }

  /** Lets the server stop the statement that runs, by another connection, and waits until it has. */
  async #stop(): Promise<void> {
    const running = this.#running
    if (running === null) return
    const pid = this.#pid ?? processOf(this.#client)
    this.#pid = pid
    if (pid === null) throw new Error('Expected the number of the process at the server')
    const other = await this.#shared.pool.connect()
    try {
      await other.query({
        text: `select pg_cancel_backend(${pid})`,
        values: [],
        rowMode: 'array',
        types: asText,
      })
    } finally {
      other.release()
    }
    await running.catch(ignore)
  }
}

/** The server's process, which node-postgres knows of each connection. */
function processOf(client: object): number | null {
  const pid: unknown = Reflect.get(client, 'processID')
  return typeof pid === 'number' && Number.isInteger(pid) ? pid : null
}
