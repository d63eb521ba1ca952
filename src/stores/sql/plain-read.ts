import type { SqlDialect } from '../contract.ts'
import { tokenize } from './tokenize.ts'

/** Words that a statement without effect does not have outside of quotes; some harmless ones have them too. */
const writing =
  /^(?:insert|update|delete|merge|replace|upsert|truncate|into|lock|for|call|do|exec|execute|copy|set|nextval|setval|get_lock|release_lock|last_insert_rowid|last_insert_id|changes|pg_\w*lock\w*|pg_notify|load_extension)$/i

/**
 * Does the statement read, and nothing else? `select`, `with` or `values` without a word that may write or that asks
 * about this connection. No for what cannot be told.
 */
export function isPlainRead(sql: string, dialect: SqlDialect): boolean {
  const words = [...tokenize(sql, dialect)]
    .filter(({ kind }) => kind === 'word')
    .map(({ start, end }) => sql.slice(start, end))
  return /^(?:select|with|values)$/i.test(words[0] ?? '') && !words.some((word) => writing.test(word))
}
