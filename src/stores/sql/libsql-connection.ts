import type { SqlParameters, SqlResult } from '../contract.ts'
import type { CompiledStatement } from './compile.ts'
import type { LibsqlTransactionLike } from './libsql-client.ts'
import { fromLibsqlError } from './libsql-error.ts'
import { bindLibsql, toResult, type LibsqlArgument } from './libsql-values.ts'
import { createLimit, type SqlTimer } from './limit.ts'
import type { TransactionConnection } from './transaction-session.ts'

/** How a transaction ends. */
export type LibsqlEnding = Pick<TransactionConnection<never>, 'commit' | 'rollback'>

/** How long a server may take to undo a transaction before its connection is closed. */
const rollbackMs = 5_000

/** A transaction of the client, as the shared rules of transactions want it. */
export class LibsqlConnection implements TransactionConnection<LibsqlArgument[]> {
  readonly #transaction: LibsqlTransactionLike
  readonly #ending: LibsqlEnding

  constructor(transaction: LibsqlTransactionLike, ending: LibsqlEnding) {
    this.#transaction = transaction
    this.#ending = ending
  }

  prepare(statement: CompiledStatement, params: SqlParameters | undefined): LibsqlArgument[] {
    return bindLibsql(statement, params)
  }

  async execute(statement: CompiledStatement, args: LibsqlArgument[], maxRows: number): Promise<SqlResult> {
    try {
      const result = await this.#transaction.execute({ sql: statement.text, args })
      return toResult(result, statement, maxRows)
    } catch (error) {
      throw fromLibsqlError(error, statement.source)
    }
  }

  async command(sql: string): Promise<void> {
    try {
      await this.#transaction.execute({ sql, args: [] })
    } catch (error) {
      throw fromLibsqlError(error, sql)
    }
  }

  async commit(): Promise<void> {
    try {
      await this.#ending.commit()
    } catch (error) {
      throw fromLibsqlError(error, 'commit')
    }
  }

  rollback(): Promise<void> {
    return this.#ending.rollback()
  }
}

/** The ending of a transaction that the client began. */
export function clientEnding(transaction: LibsqlTransactionLike, timer: SqlTimer): LibsqlEnding {
  return {
    commit: () => transaction.commit(),
    async rollback() {
      const limit = createLimit({ timeoutMs: rollbackMs }, timer)
      try {
        await limit.race(transaction.rollback())
      } catch {
        // It is undone already, or the server undoes it when the connection is closed below.
      } finally {
        limit.end()
        transaction.close()
      }
    },
  }
}
