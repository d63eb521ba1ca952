import type { SqliteArgument, SqliteCell, SqliteDatabaseLike, SqliteStatementLike } from './sqlite-client.ts'

/** The parts of a `Statement` of `bun:sqlite` that the driver uses. */
export interface BunSqliteStatementLike {
  readonly columnNames: readonly string[]
  readonly declaredTypes: readonly (string | null)[]
  iterate(...args: SqliteArgument[]): IterableIterator<unknown>
  run(...args: SqliteArgument[]): {
    readonly changes: number | bigint
    readonly lastInsertRowid: number | bigint
  }
  safeIntegers(enabled: boolean): unknown
  finalize(): void
}

/** The parts of a `Database` of `bun:sqlite` that the driver uses. */
export interface BunSqliteDatabaseLike {
  readonly inTransaction: boolean
  prepare(sql: string): BunSqliteStatementLike
  run(sql: string): unknown
}

/** Adapts a `Database` of `bun:sqlite`. `TypeError` for one that cannot give integers whole: an older Bun. */
export function bunSqlite(database: BunSqliteDatabaseLike): SqliteDatabaseLike {
  const probe = database.prepare('select 1')
  if (typeof probe.safeIntegers !== 'function') {
    throw new TypeError('Expected a Database of Bun 1.4 or later, got an older one; upgrade Bun')
  }
  probe.finalize()
  return {
    name: 'bun:sqlite',
    get inTransaction() {
      return database.inTransaction
    },
    prepare: (sql) => adapt(database.prepare(sql)),
    exec: (sql) => void database.run(sql),
  }
}

function adapt(statement: BunSqliteStatementLike): SqliteStatementLike {
  statement.safeIntegers(true)
  return {
    hasRows: statement.columnNames.length > 0,
    columns() {
      const types = statement.declaredTypes
      return statement.columnNames.map((name, index) => ({ name, type: types[index] ?? null }))
    },
    rows: (args) => byPosition(statement, args),
    run: (args) => statement.run(...args),
    finalize: () => statement.finalize(),
  }
}

/** The client iterates over objects only; of two columns with one name both get the later one's value. */
function* byPosition(
  statement: BunSqliteStatementLike,
  args: readonly SqliteArgument[],
): Generator<readonly SqliteCell[]> {
  for (const row of statement.iterate(...args)) {
    // A row is an object of the client's own; its members are what SQLite has.
    const cells = row as Readonly<Record<string, SqliteCell>>
    yield statement.columnNames.map((name) => cells[name])
  }
}
