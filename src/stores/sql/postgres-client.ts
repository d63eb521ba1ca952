/** What of a query of node-postgres the driver uses. */
export interface PgQueryLike {
  readonly text: string
  readonly values: readonly unknown[]
  /** The name of a prepared statement; without one the statement is not kept. */
  readonly name?: string
  readonly rowMode: 'array'
  /** Gives cells as the server's text. */
  readonly types: { getTypeParser(): (text: string) => string }
}

/** What of a result of node-postgres the driver uses. */
export interface PgResultLike {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: readonly (readonly unknown[])[]
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[]
}

/** A connection of a pool: `pg.PoolClient`. */
export interface PgClientLike {
  query(query: PgQueryLike): Promise<unknown>
  /** Gives it back; with true it is closed instead. */
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: unknown) => void): unknown
  removeListener(event: 'error', listener: (error: unknown) => void): unknown
}

/** The parts of a `pg.Pool` that the driver uses; `Pool` of `@neondatabase/serverless` has them too. */
export interface PgPoolLike {
  connect(): Promise<PgClientLike>
  on(event: 'error', listener: (error: unknown) => void): unknown
}
