import { RockstarError } from '../../errors/index.ts'
import type { SqlDialect } from '../contract.ts'
import { countStatements } from './split.ts'
import { syntaxError, tokenize, type Token } from './tokenize.ts'

/** One statement, ready for an engine. */
export interface CompiledStatement {
  /** With the dialect's own placeholders. */
  readonly text: string
  /** Names of the parameters, each once, in order of appearance. */
  readonly names: readonly string[]
  /** Names in the order in which the engine takes values; with repetitions where a placeholder has no number. */
  readonly order: readonly string[]
  /** Does it only read? When in doubt it does not. */
  readonly reads: boolean
  /** Does it insert, update or delete rows? */
  readonly changes: boolean
  /** Does it return the rows that it changes? */
  readonly returns: boolean
  /** Does the engine's last row number belong to it? */
  readonly inserts: boolean
  /** Does the engine take it only outside a transaction, or set its connection by it? */
  readonly isCommand: boolean
  /** As it was written, for details of errors. */
  readonly source: string
}

/** Compiles statements, and remembers those it has seen. */
export type StatementCompiler = (sql: string) => CompiledStatement

/** Statements that a compiler remembers, and the longest it remembers, in characters: at most 8 MiB of text. */
const maxStatements = 1_000
const maxRemembered = 4_096

const readers = new Set(['select', 'values', 'with', 'explain', 'table', 'show', 'describe', 'desc'])
const writers = new Set(['insert', 'update', 'delete', 'merge', 'into', 'replace', 'create'])
const changers = new Set(['insert', 'update', 'delete', 'merge', 'replace'])
const commands = new Set(['pragma', 'vacuum', 'attach', 'detach'])
const controls = new Set([
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'release',
  'end',
  'start',
  'abort',
  'save',
])

/** Makes a compiler for one dialect. Its memory is bounded: the least recently made statement goes first. */
export function createCompiler(dialect: SqlDialect): StatementCompiler {
  const known = new Map<string, CompiledStatement>()
  return (sql) => {
    const seen = known.get(sql)
    if (seen !== undefined) return seen
    const compiled = compileStatement(sql, dialect)
    if (sql.length <= maxRemembered) {
      if (known.size >= maxStatements) known.delete(known.keys().next().value ?? '')
      known.set(sql, compiled)
    }
    return compiled
  }
}

/**
 * Turns one statement with named parameters into the dialect's own form.
 * `SQL_SYNTAX` for none or several statements, `SQL_PARAMETER` for a placeholder of the engine's own,
 * `SQL_TRANSACTION_STATE` for `begin`, `commit` and the like.
 */
export function compileStatement(sql: string, dialect: SqlDialect): CompiledStatement {
  const tokens = tokenize(sql, dialect)
  checkShape(sql, dialect, tokens)
  const words = wordsOf(sql, tokens)
  const names: string[] = []
  const order: string[] = []
  let text = ''
  let copied = 0
  for (const token of tokens) {
    if (token.kind !== 'parameter') continue
    const name = sql.slice(token.start + 1, token.end)
    if (!names.includes(name)) names.push(name)
    if (dialect === 'mysql') order.push(name)
    text += sql.slice(copied, token.start) + placeholderOf(name, names.indexOf(name) + 1, dialect)
    copied = token.end
  }
  const first = words[0] ?? ''
  return {
    text: text + sql.slice(copied),
    names,
    order: dialect === 'mysql' ? order : names,
    reads: readers.has(first) && !hasWriter(words),
    changes: changers.has(first) || (first === 'with' && hasWriter(words)),
    returns: words.includes('returning'),
    inserts:
      (first === 'insert' || first === 'replace') &&
      !words.includes('conflict') &&
      !words.includes('duplicate'),
    isCommand: commands.has(first),
    source: sql,
  }
}

function checkShape(sql: string, dialect: SqlDialect, tokens: readonly Token[]): void {
  const statements = countStatements(sql, tokens, dialect)
  if (statements !== 1) {
    // Security: an engine that ran only the first one would hide the rest; one that ran all would help an injection.
    throw syntaxError(
      `Expected one SQL statement, got ${statements}; use batch() or a transaction for several`,
      sql,
    )
  }
  const placeholder = tokens.find((token) => token.kind === 'placeholder')
  if (placeholder !== undefined) {
    const found = sql.slice(placeholder.start, placeholder.end).slice(0, 50)
    throw new RockstarError(
      'SQL_PARAMETER',
      `Expected named parameters (:name), got ${found}; name the parameter`,
    )
  }
  const first = tokens.find((token) => token.kind !== 'semicolon')
  const word = first === undefined ? '' : sql.slice(first.start, first.end).toLowerCase()
  if (controls.has(word)) {
    throw new RockstarError(
      'SQL_TRANSACTION_STATE',
      `Expected a statement, got ${word}; use transaction(), which begins and ends transactions itself`,
    )
  }
}

function wordsOf(sql: string, tokens: readonly Token[]): readonly string[] {
  return tokens
    .filter((token) => token.kind === 'word')
    .map((token) => sql.slice(token.start, token.end).toLowerCase())
}

/** `replace` is a function too, `create` a word of `explain`: both err on the side of writing. `for update` locks rows. */
function hasWriter(words: readonly string[]): boolean {
  return words.some((word, index) => {
    if (word === 'share' || word === 'key') return words[index - 1] === 'for'
    // `replace(…)` in a plain query is common and reads; behind `with` or `explain` it may write.
    if (word === 'replace') return words[0] !== 'select' && words[0] !== 'values'
    return writers.has(word)
  })
}

function placeholderOf(name: string, position: number, dialect: SqlDialect): string {
  switch (dialect) {
    case 'sqlite':
      return `?${position}`
    case 'postgres':
      return `$${position}`
    case 'mysql':
      return '?'
    case 'mssql':
      return `@${name}`
  }
}
