import type { SqlParameters, SqlResult } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import { createLimit, type Limit, type SqlTimer } from './limit.ts'
import type { MysqlClientLike, MysqlPoolLike } from './mysql-client.ts'
import { fromMysqlError, isLost, isUnpreparable } from './mysql-error.ts'
import { bindMysql, toMysqlResult, type MysqlArgument } from './mysql-values.ts'
import type { TransactionConnection } from './transaction-session.ts'

/** How long the undoing of a transaction, or the stopping of a statement, may take before the connection is cut. */
const cleanUpMs = 5_000
/** Moments in UTC, and values that do not fit are errors and not changed. */
const settings =
  "set session time_zone = '+00:00', session sql_mode = concat(@@session.sql_mode, ',STRICT_TRANS_TABLES')"

const asText = {
  rowsAsArray: true,
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  jsonStrings: true,
} as const
const ignore = (): void => undefined

/** What all connections of a driver share. */
export interface MysqlShared {
  readonly pool: MysqlPoolLike
  readonly timer: SqlTimer
  /** The server's numbers of connections that have their settings. */
  readonly settled: Set<number>
}

/** One connection of the pool, from `open` to the one call of `end`. */
export class MysqlConnection implements TransactionConnection<MysqlArgument[]> {
  readonly #shared: MysqlShared
  readonly #client: MysqlClientLike
  #running: Promise<unknown> | null = null
  #isBroken = false
  #hasEnded = false

  private constructor(shared: MysqlShared, client: MysqlClientLike) {
    this.#shared = shared
    this.#client = client
  }

  /** Takes a connection from the pool; one that comes after the bound goes back. */
  static async open(shared: MysqlShared, limit: Limit): Promise<MysqlConnection> {
    const pending = shared.pool.getConnection()
    let connection: MysqlConnection
    try {
      connection = new MysqlConnection(shared, await limit.race(pending))
    } catch (error) {
      pending.then((late) => late.release(), ignore)
      throw fromMysqlError(error, undefined)
    }
    try {
      await connection.#settle(limit)
      return connection
    } catch (error) {
      connection.abandon()
      throw error
    }
  }

  prepare(statement: CompiledStatement, params: SqlParameters | undefined): MysqlArgument[] {
    return bindMysql(statement, params)
  }

  async execute(statement: CompiledStatement, values: MysqlArgument[], maxRows: number): Promise<SqlResult> {
    const [result, fields] = await this.#send(statement.text, values, statement.source)
    return toMysqlResult(result, fields, statement, maxRows)
  }

  async command(sql: string): Promise<void> {
    await this.#send(sql, null, sql)
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
    if (this.#isBroken || this.#running !== null) {
      this.#shared.settled.delete(this.#client.threadId ?? -1)
      this.#client.destroy()
    } else {
      this.#client.release()
    }
  }

  /** Once for each connection that the pool makes; the server gives each its number. */
  async #settle(limit: Limit): Promise<void> {
    const { settled } = this.#shared
    const { threadId } = this.#client
    if (threadId !== null && settled.has(threadId)) return
    await limit.race(this.command(settings))
    // Numbers of connections that have gone are kept no longer than this.
    if (settled.size > 10_000) settled.clear()
    if (threadId !== null) settled.add(threadId)
  }

  /** Sends a statement; null as values sends it unprepared. Rejects with an error of the SQL set. */
  async #send(
    sql: string,
    values: MysqlArgument[] | null,
    source: string,
  ): Promise<[result: unknown, fields: unknown]> {
    const request = { sql, values: values ?? [], ...asText }
    try {
      const running = values === null ? this.#client.query(request) : this.#client.execute(request)
      this.#running = running
      return await running
    } catch (error) {
      if (values !== null && isUnpreparable(error)) {
        this.#running = null
        return this.#send(sql, null, source)
      }
      const failure = fromMysqlError(error, source)
      if (isLost(failure)) this.#isBroken = true
      throw failure
    } finally {
      this.#running = null
    }
  }

  /** Lets the server stop the statement that runs, by another connection, and waits until it has. */
  async #stop(): Promise<void> {
    const running = this.#running
    if (running === null) return
    const { threadId } = this.#client
    if (threadId === null) throw new Error('Expected the number of the connection at the server')
    const other = await this.#shared.pool.getConnection()
    try {
      await other.query({ sql: `kill query ${threadId}`, values: [], ...asText })
    } finally {
      other.release()
    }
    await running.catch(ignore)
  }
}
