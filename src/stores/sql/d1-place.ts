import type { RockstarError } from '../../errors/index.ts'
import type { D1DatabaseLike, D1StatementLike } from './d1-client.ts'
import type { Limit } from './limit.ts'
import { fromSqliteError } from './sqlite-error.ts'

/** Fails when it is reached, so that whatever stands before it is undone. */
const stop = "select json_extract('{}', 'rockstar stop')"
const stopMessage = /rockstar stop/

/**
 * Which statement of a batch failed? D1 does not tell. So its beginnings are run again, each with an end that fails, so
 * that nothing of it stays; the shortest one that fails before that end has the statement last. At most 1 + log2 of
 * their number. Undefined when it cannot be found: somebody else's change lets it pass now, or the bound has passed.
 */
export async function findFailedStatement(
  database: D1DatabaseLike,
  statements: readonly D1StatementLike[],
  failure: RockstarError,
  limit: Limit,
): Promise<number | undefined> {
  if (statements.length === 1) return 0
  let low = 0
  let high = statements.length
  while (low < high) {
    if (limit.failure() !== null) return undefined
    const middle = (low + high) >> 1
    const outcome = await tryBeginning(database, statements.slice(0, middle + 1))
    if (outcome === 'passes') low = middle + 1
    else if (outcome?.code === failure.code) high = middle
    else return undefined
  }
  return low < statements.length ? low : undefined
}

/** `passes`, or how it fails. Null when even the end did not fail, which cannot be. */
async function tryBeginning(
  database: D1DatabaseLike,
  statements: readonly D1StatementLike[],
): Promise<'passes' | RockstarError | null> {
  try {
    await database.batch([...statements, database.prepare(stop)])
    return null
  } catch (error) {
    if (error instanceof Error && stopMessage.test(error.message)) return 'passes'
    return fromSqliteError(error, undefined)
  }
}
