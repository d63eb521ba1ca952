import type { SqlDialect } from '../contract.ts'
import { tokenize, type Token } from './tokenize.ts'

const routines = new Set(['trigger', 'procedure', 'proc', 'function', 'event', 'package'])
/** `end if` and the like close what no `begin` or `case` opened. */
const blockWords = new Set(['if', 'loop', 'while', 'repeat', 'for'])

/**
 * Splits a script into its statements, without their semicolons and without the comments between them. A semicolon in
 * a string, a comment, a quoted name or the body of a trigger or routine does not split. For `mssql` a line that says
 * `GO` splits too. `SQL_SYNTAX` for a string or comment that is not closed.
 */
export function splitStatements(sql: string, dialect: SqlDialect): readonly string[] {
  const tokens = tokenize(sql, dialect)
  return spans(sql, tokens, dialect).map((span) => sql.slice(span.start, span.end))
}

/** How many statements the tokens make. */
export function countStatements(sql: string, tokens: readonly Token[], dialect: SqlDialect): number {
  return spans(sql, tokens, dialect).length
}

interface Span {
  readonly start: number
  readonly end: number
}

function spans(sql: string, tokens: readonly Token[], dialect: SqlDialect): readonly Span[] {
  const found: Span[] = []
  let words: string[] = []
  let depth = 0
  let start = -1
  let end = -1
  for (const [index, token] of tokens.entries()) {
    const word = token.kind === 'word' ? sql.slice(token.start, token.end).toLowerCase() : ''
    const isGo = dialect === 'mssql' && word === 'go' && isAloneOnLine(sql, token)
    const isOver = isGo || (token.kind === 'semicolon' && depth === 0 && !endsOnlyAtGo(words, dialect))
    if (isOver) {
      if (start >= 0) found.push({ start, end })
      words = []
      depth = 0
      start = -1
      continue
    }
    if (start < 0) start = token.start
    end = token.end
    if (word === '') continue
    const next = tokens[index + 1]
    const nextWord = next?.kind === 'word' ? sql.slice(next.start, next.end).toLowerCase() : ''
    depth += depthChange(word, nextWord, words, depth, dialect)
    if (words.length < 12) words.push(word)
    else words[11] = word
  }
  if (start >= 0) found.push({ start, end })
  return found
}

/** How much deeper `word` leads into the body of a routine. */
function depthChange(
  word: string,
  next: string,
  before: readonly string[],
  depth: number,
  dialect: SqlDialect,
): number {
  if (depth === 0) {
    if (word !== 'begin' || !makesRoutine(before, dialect)) return 0
    return 1
  }
  if (word === 'begin') return next === 'tran' || next === 'transaction' ? 0 : 1
  // The second word of `end case` was counted with its first.
  if (word === 'case') return before.at(-1) === 'end' ? 0 : 1
  if (word === 'end') return blockWords.has(next) ? 0 : -1
  return 0
}

function makesRoutine(words: readonly string[], dialect: SqlDialect): boolean {
  if (words[0] !== 'create' && words[0] !== 'alter') return false
  // SQLite has triggers only, and `trigger` may be a bare name of a table or a column elsewhere.
  if (dialect === 'sqlite') return words[1] === 'trigger' || (isTemporary(words[1]) && words[2] === 'trigger')
  return words.slice(1, 10).some((word) => routines.has(word))
}

function isTemporary(word: string | undefined): boolean {
  return word === 'temp' || word === 'temporary'
}

/** In T-SQL a routine goes on to the end of its batch, with or without `begin`. */
function endsOnlyAtGo(words: readonly string[], dialect: SqlDialect): boolean {
  return dialect === 'mssql' && makesRoutine(words, dialect)
}

function isAloneOnLine(sql: string, token: Token): boolean {
  const before = sql.slice(sql.lastIndexOf('\n', token.start) + 1, token.start)
  const after = /^[^\n]*/.exec(sql.slice(token.end))?.[0] ?? ''
  return before.trim() === '' && after.trim() === ''
}
