import type { SqlDialect } from '../contract.ts'

/** Dialects that `sqlKeyValue` speaks. */
export type KeyValueDialect = Exclude<SqlDialect, 'mssql'>

/**
 * The statements of one dialect. Parameters: `key`, `value`, `number`, `expires_at`, `now`, and `expected` or
 * `expected_number` where a value is compared. A counter is in `item_number`, any other value in `item_value`.
 */
export interface KeyValueStatements {
  /** Makes the table and its index, if they are not there. */
  readonly create: readonly string[]
  readonly set: string
  readonly remove: string
  /** Writes if there is none that has not ended: one statement, or one that makes room and one that writes. */
  readonly add: readonly string[]
  /** Locks the row before it is compared; null where the number of changes tells enough. */
  readonly lockSame: Comparison | null
  readonly replace: Comparison
  readonly removeSame: Comparison
  /** Adds `by` to a counter; the second begins its TTL anew. Returns the row where the dialect can. */
  readonly increment: readonly [keep: readonly string[], refresh: readonly string[]]
  /** Deletes some of what has ended. */
  readonly sweep: string
}

/** A statement that compares bytes, and one that compares a counter. */
export interface Comparison {
  readonly bytes: string
  readonly number: string
}

const table = 'rockstar_key_values'
const columns = 'item_key, item_value, item_number, expires_at'
const insert = `insert into ${table} (${columns}) values (:key, :value, :number, :expires_at)`
const isAlive = '(expires_at is null or expires_at > :now)'
const range = 'between -9007199254740991 and 9007199254740991'
const sweptAtOnce = 200

/** The statements that make the table, for whoever runs them beforehand with other rights than the application has. */
export function keyValueTable(dialect: KeyValueDialect): readonly string[] {
  return statements[dialect].create
}

/** The statements of a dialect. */
export function keyValueStatements(dialect: KeyValueDialect): KeyValueStatements {
  return statements[dialect]
}

/** Reads `count` values: parameters `key0` and on, and `now`. */
export function selectStatement(count: number): string {
  const names = Array.from({ length: count }, (_, index) => `:key${index}`)
  return `select item_key, item_value, item_number from ${table} where item_key in (${names.join(', ')}) and ${isAlive}`
}

/** Lists keys from `from` to below `until`, at most `count` of them. */
export function listStatement(count: number): string {
  return `select item_key from ${table} where item_key >= :from and item_key < :until and ${isAlive} order by item_key limit ${count}`
}

/** Where the value is still the expected one. */
function compare(head: string, tail = ''): Comparison {
  const where = `${head} where item_key = :key and ${isAlive}`
  return {
    bytes: `${where} and item_value = :expected${tail}`,
    number: `${where} and item_number = :expected_number${tail}`,
  }
}

const replace = compare(
  `update ${table} set item_value = :value, item_number = :number, expires_at = :expires_at`,
)
const remove = `delete from ${table} where item_key = :key`
const removeSame = compare(`delete from ${table}`)

/** SQLite 3.35 and PostgreSQL 9.5 agree on everything but types and locks. */
function conflictStatements(bytes: string, integer: string, skipLocked: string): KeyValueStatements {
  const overwrite = `${insert} on conflict (item_key) do update set item_value = excluded.item_value, item_number = excluded.item_number, expires_at = excluded.expires_at`
  const hasEnded = `${table}.expires_at <= :now`
  const increment = (expiresAt: string): string =>
    `insert into ${table} (${columns}) values (:key, null, :by, :expires_at)
on conflict (item_key) do update set
  item_value = null,
  item_number = case when ${hasEnded} then excluded.item_number else ${table}.item_number + excluded.item_number end,
  expires_at = ${expiresAt}
where ${hasEnded} or ${table}.item_number + excluded.item_number ${range}
returning item_number, expires_at`
  return {
    create: [
      `create table if not exists ${table} (item_key ${bytes} not null primary key, item_value ${bytes}, item_number ${integer}, expires_at ${integer})`,
      `create index if not exists ${table}_expires_at on ${table} (expires_at)`,
    ],
    set: overwrite,
    remove,
    add: [`${overwrite} where ${hasEnded}`],
    lockSame: null,
    replace,
    removeSame,
    increment: [
      [increment(`case when ${hasEnded} then excluded.expires_at else ${table}.expires_at end`)],
      [increment('excluded.expires_at')],
    ],
    sweep: `delete from ${table} where item_key in (select item_key from ${table} where expires_at <= :now order by expires_at limit ${sweptAtOnce}${skipLocked})`,
  }
}

/**
 * MySQL 8 and MariaDB have neither a condition on `on duplicate key update` nor, both of them, `returning` with it. A
 * first statement makes a row that has ended, if there is none: from then on it is locked until the batch ends.
 */
function duplicateStatements(): KeyValueStatements {
  const makeRoom = `insert into ${table} (${columns}) values (:key, null, null, 0) on duplicate key update item_key = values(item_key)`
  const readRow = `select item_number, expires_at from ${table} where item_key = :key for update`
  // Assignments run from left to right, and see what those before them wrote: the end comes last.
  const increment = (expiresAt: string): readonly string[] => [
    makeRoom,
    readRow,
    `update ${table} set
  item_number = case when expires_at <= :now then :by else item_number + :by end,
  item_value = null,
  expires_at = ${expiresAt}
where item_key = :key and (expires_at <= :now or item_number + :by ${range})`,
  ]
  return {
    create: [
      `create table if not exists ${table} (item_key varbinary(512) not null primary key, item_value longblob, item_number bigint, expires_at bigint, index ${table}_expires_at (expires_at)) engine = innodb`,
    ],
    set: `${insert} on duplicate key update item_value = values(item_value), item_number = values(item_number), expires_at = values(expires_at)`,
    remove,
    add: [
      makeRoom,
      `update ${table} set item_value = :value, item_number = :number, expires_at = :expires_at where item_key = :key and expires_at <= :now`,
    ],
    // A row that gets the values that it has counts as changed for some clients, and not for others.
    lockSame: compare(`select 1 as is_same from ${table}`, ' for update'),
    replace,
    removeSame,
    increment: [
      increment('case when expires_at <= :now then :expires_at else expires_at end'),
      increment(':expires_at'),
    ],
    sweep: `delete from ${table} where expires_at <= :now limit ${sweptAtOnce}`,
  }
}

const statements: Readonly<Record<KeyValueDialect, KeyValueStatements>> = {
  sqlite: conflictStatements('blob', 'integer', ''),
  postgres: conflictStatements('bytea', 'bigint', ' for update skip locked'),
  mysql: duplicateStatements(),
}
