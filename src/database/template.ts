import type { SqlParameter } from '../stores/contract.ts'
import type { SqlTemplate } from './contract.ts'

/**
 * Writes a statement with its values in place: ``db.query(sql`select … where id = ${id}`)``. Each value becomes a
 * parameter; a template among the values becomes part of the statement.
 */
export function sql(texts: TemplateStringsArray, ...values: (SqlParameter | SqlTemplate)[]): SqlTemplate {
  const params: Record<string, SqlParameter> = {}
  let count = 0
  let text = texts[0] ?? ''
  for (const [index, value] of values.entries()) {
    if (isTemplate(value)) {
      // Numbered anew, since both begin with 1. The names are our own and stand in no string.
      const renamed = new Map<string, string>()
      for (const [name, inner] of Object.entries(value.params)) {
        count += 1
        params[`sql_${count}`] = inner
        renamed.set(name, `sql_${count}`)
      }
      text += value.sql.replace(
        /:(sql_\d+)\b/g,
        (whole, name: string) => `:${renamed.get(name) ?? whole.slice(1)}`,
      )
    } else {
      count += 1
      params[`sql_${count}`] = value
      text += `:sql_${count}`
    }
    text += texts[index + 1] ?? ''
  }
  return { kind: 'sql.template', sql: text, params }
}

/** Is `value` a template? */
export function isTemplate(value: unknown): value is SqlTemplate {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'sql.template'
}
