import type { SqliteArgument, SqliteCell, SqliteDatabaseLike, SqliteStatementLike } from './sqlite-client.ts'

/** The parts of a `StatementSync` that the driver uses. */
export interface NodeSqliteStatementLike {
  columns(): readonly { readonly name: string; readonly type: string | null }[]
  iterate(...args: SqliteArgument[]): Iterable<unknown>
  run(...args: SqliteArgument[]): {
    readonly changes: number | bigint
    readonly lastInsertRowid: number | bigint
  }
  setReadBigInts(enabled: boolean): void
  setReturnArrays(enabled: boolean): void
}

/** The parts of a `DatabaseSync` of `node:sqlite` that the driver uses. */
export interface NodeSqliteDatabaseLike {
  readonly isTransaction: boolean
  prepare(sql: string): NodeSqliteStatementLike
  exec(sql: string): void
}

/** Adapts a `DatabaseSync` of `node:sqlite`. `TypeError` for one that cannot give rows by position: Node before 22.16. */
export function nodeSqlite(database: NodeSqliteDatabaseLike): SqliteDatabaseLike {
  const probe = database.prepare('select 1')
  if (typeof probe.setReturnArrays !== 'function' || typeof probe.columns !== 'function') {
    throw new TypeError('Expected a DatabaseSync of Node 22.16 or later, got an older one; upgrade Node')
  }
  return {
    name: 'node:sqlite',
    get inTransaction() {
      return database.isTransaction
    },
    prepare: (sql) => adapt(database.prepare(sql)),
    exec: (sql) => database.exec(sql),
  }
}

function adapt(statement: NodeSqliteStatementLike): SqliteStatementLike {
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  return {
    hasRows: statement.columns().length > 0,
    columns: () => statement.columns(),
    // With setReturnArrays the rows are arrays, which the client's types do not tell.
    rows: (args) => statement.iterate(...args)[Symbol.iterator]() as IterableIterator<readonly SqliteCell[]>,
    run: (args) => statement.run(...args),
    // It has no method for that: the database finalizes it, or the garbage collector.
    finalize: () => undefined,
  }
}
