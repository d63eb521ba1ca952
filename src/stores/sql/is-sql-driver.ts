import type { SqlDriver } from '../contract.ts'

/** Is `value` a `SqlDriver`, of this or another copy of the package? */
export function isSqlDriver(value: unknown): value is SqlDriver {
  return (
    typeof value === 'object' &&
    value !== null &&
    'dialect' in value &&
    typeof value.dialect === 'string' &&
    'capabilities' in value &&
    'query' in value &&
    typeof value.query === 'function' &&
    'transaction' in value &&
    typeof value.transaction === 'function'
  )
}
