import type { SqliteDatabaseLike, SqliteStatementLike } from './sqlite-client.ts'

/** Prepared statements, by their text. The one that was used least recently goes first. */
export class StatementCache {
  readonly #database: SqliteDatabaseLike
  readonly #maxStatements: number
  readonly #known = new Map<string, SqliteStatementLike>()

  constructor(database: SqliteDatabaseLike, maxStatements: number) {
    this.#database = database
    this.#maxStatements = maxStatements
  }

  /** A statement that nothing else uses at the moment. Throws what the client throws. */
  get(sql: string): SqliteStatementLike {
    const found = this.#known.get(sql)
    if (found !== undefined) {
      // A map keeps the order of insertion: the end is the most recent.
      this.#known.delete(sql)
      this.#known.set(sql, found)
      return found
    }
    const statement = this.#database.prepare(sql)
    this.#known.set(sql, statement)
    if (this.#known.size > this.#maxStatements) this.#dropFirst()
    return statement
  }

  /** Frees all of them. */
  clear(): void {
    for (const statement of this.#known.values()) statement.finalize()
    this.#known.clear()
  }

  #dropFirst(): void {
    const first = this.#known.entries().next()
    if (first.done === true) return
    const [sql, statement] = first.value
    this.#known.delete(sql)
    statement.finalize()
  }
}
