/** What of a query of mysql2 the driver uses. */
export interface MysqlQueryLike {
  readonly sql: string
  readonly values: readonly unknown[]
  readonly rowsAsArray: true
  readonly dateStrings: true
  readonly supportBigNumbers: true
  readonly bigNumberStrings: true
  readonly jsonStrings: true
}

/** A column of a result. */
export interface MysqlFieldLike {
  readonly name: string
  /** `MYSQL_TYPE_*` of the protocol. */
  readonly columnType: number
  readonly columnLength: number
  /** 63 for bytes. */
  readonly characterSet: number
}

/** What of a connection of `mysql2/promise` the driver uses. */
export interface MysqlClientLike {
  readonly threadId: number | null
  execute(query: MysqlQueryLike): Promise<[result: unknown, fields: unknown]>
  query(query: MysqlQueryLike): Promise<[result: unknown, fields: unknown]>
  release(): void
  destroy(): void
}

/** The parts of a pool of `mysql2/promise` that the driver uses. */
export interface MysqlPoolLike {
  getConnection(): Promise<MysqlClientLike>
}
