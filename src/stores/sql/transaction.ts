import type { SqlSession } from '../contract.ts'
import {
  endedError,
  startRun,
  TransactionSession,
  type TransactionConnection,
  type TransactionHost,
  type TransactionScope,
} from './transaction-session.ts'

/** Runs `run` between begin and the end that its outcome asks for. `limit` is the caller's: it ends it. */
export async function runTransaction<Result, Prepared>(
  host: TransactionHost,
  connection: TransactionConnection<Prepared>,
  run: (transaction: SqlSession) => Promise<Result>,
  scope: TransactionScope,
): Promise<Result> {
  const guarded = guardConnection(connection)
  const session = new TransactionSession(host, guarded, scope, 0)
  try {
    const result = await scope.limit.race(startRun(run, session))
    await scope.limit.race(session.finish())
    await scope.limit.race(guarded.commit())
    return result
  } catch (error) {
    session.stop()
    await guarded.rollback()
    throw error
  }
}

/**
 * Refuses statements once the end has begun. Security: the connection may carry somebody else's transaction then, and
 * code that was not awaited must not write into it.
 */
function guardConnection<Prepared>(
  connection: TransactionConnection<Prepared>,
): TransactionConnection<Prepared> {
  let isOver = false
  const assertOpen = (): void => {
    if (isOver) throw endedError()
  }
  return {
    prepare: (statement, params) => connection.prepare(statement, params),
    async execute(statement, prepared, maxRows) {
      assertOpen()
      return connection.execute(statement, prepared, maxRows)
    },
    async command(sql) {
      assertOpen()
      return connection.command(sql)
    },
    commit() {
      isOver = true
      return connection.commit()
    },
    rollback() {
      isOver = true
      return connection.rollback()
    },
  }
}
