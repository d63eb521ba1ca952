import { RockstarError } from '../../errors/index.ts'
import type { SqlDialect } from '../contract.ts'

/**
 * What a token is. Comments and white space are no tokens.
 *
 * - `word`: a keyword, a bare identifier or a number
 * - `parameter`: `:name`
 * - `placeholder`: the engine's own kind of parameter, which this framework does not take
 */
export type TokenKind = 'word' | 'parameter' | 'placeholder' | 'semicolon' | 'quoted' | 'other'

/** A piece of SQL text, from `start` up to but not including `end`. */
export interface Token {
  readonly kind: TokenKind
  readonly start: number
  readonly end: number
}

/** Where the dialects differ in what the characters mean. */
interface Lexis {
  /** `\'` does not end a string. */
  readonly backslash: boolean
  readonly backtick: boolean
  readonly brackets: boolean
  readonly dollarQuotes: boolean
  readonly nestedComments: boolean
  readonly hashComments: boolean
  /** `--` begins a comment only before white space. */
  readonly spacedDashes: boolean
  /** `a[1:n]` and `label:` are no parameters. */
  readonly colonBehindWord: boolean
  /** A placeholder of the engine's own, at the given place. */
  readonly placeholder: RegExp | null
}

const lexes: Readonly<Record<SqlDialect, Lexis>> = {
  sqlite: {
    backslash: false,
    backtick: true,
    brackets: true,
    dollarQuotes: false,
    nestedComments: false,
    hashComments: false,
    spacedDashes: false,
    colonBehindWord: false,
    placeholder: /\?\d*|[@$#][\w\u0080-\uffff]+/y,
  },
  postgres: {
    backslash: false,
    backtick: false,
    brackets: false,
    dollarQuotes: true,
    nestedComments: true,
    hashComments: false,
    spacedDashes: false,
    colonBehindWord: true,
    placeholder: /\$\d+/y,
  },
  mysql: {
    backslash: true,
    backtick: true,
    brackets: false,
    dollarQuotes: false,
    nestedComments: false,
    hashComments: true,
    spacedDashes: true,
    colonBehindWord: true,
    placeholder: /\?/y,
  },
  mssql: {
    backslash: false,
    backtick: false,
    brackets: true,
    dollarQuotes: false,
    nestedComments: true,
    hashComments: false,
    spacedDashes: false,
    colonBehindWord: true,
    placeholder: null,
  },
}

const blank = /\s+/y
const word = /[\w\u0080-\uffff][\w$\u0080-\uffff]*/y
const parameter = /:[A-Za-z_]\w*/y
const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const wordBefore = /[\w\u0080-\uffff\])]/

/** Longest statement or file, in characters. */
const maxLength = 4_194_304

/**
 * Cuts SQL text into tokens. The one place that knows strings, comments and quoted names of every dialect.
 * `SQL_SYNTAX` for what is not closed, for NUL, and for text of more than 4,194,304 characters.
 */
export function tokenize(sql: string, dialect: SqlDialect): readonly Token[] {
  // Security: engines end a statement at NUL; what stands behind it would be dropped in silence, a `where` too.
  if (sql.includes('\0')) throw syntaxError('Expected SQL text, got a NUL character in it; remove it', sql)
  if (sql.length > maxLength) {
    throw syntaxError(
      `Expected at most ${maxLength} characters of SQL, got ${sql.length}; split the text`,
      sql,
    )
  }
  const lexis = lexes[dialect]
  const tokens: Token[] = []
  let at = 0
  while (at < sql.length) {
    const start = skipBlank(sql, at, lexis)
    if (start >= sql.length) break
    const token = readToken(sql, start, lexis)
    tokens.push(token)
    at = token.end
  }
  return tokens
}

/** Makes a `SQL_SYNTAX` error that holds the beginning of the text in its details only. */
export function syntaxError(message: string, sql: string): RockstarError {
  return new RockstarError('SQL_SYNTAX', message, { details: { sql: sql.slice(0, 500) } })
}

/** Matches `pattern` (sticky) at `at`; returns the end of the match, or `at`. */
function matchAt(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(sql) ? pattern.lastIndex : at
}

function skipBlank(sql: string, from: number, lexis: Lexis): number {
  let at = from
  for (;;) {
    const end = skipComment(sql, matchAt(blank, sql, at), lexis)
    if (end === at) return at
    at = end
  }
}

function skipComment(sql: string, at: number, lexis: Lexis): number {
  const first = sql[at]
  if (first === '#' && lexis.hashComments) return endOfLine(sql, at)
  if (first === '-' && sql[at + 1] === '-') {
    const third = sql[at + 2]
    return !lexis.spacedDashes || third === undefined || /\s/.test(third) ? endOfLine(sql, at) : at
  }
  return first === '/' && sql[at + 1] === '*' ? endOfBlock(sql, at, lexis.nestedComments) : at
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at)
  return end < 0 ? sql.length : end + 1
}

function endOfBlock(sql: string, at: number, nested: boolean): number {
  let depth = 1
  const edge = /\/\*|\*\//g
  edge.lastIndex = at + 2
  for (let match = edge.exec(sql); match !== null; match = edge.exec(sql)) {
    if (match[0] === '*/') depth -= 1
    else if (nested) depth += 1
    // In `/*/*/` the second slash is no opening one where comments do not nest: look at the star again.
    else edge.lastIndex -= 1
    if (depth === 0) return edge.lastIndex
  }
  throw notClosed('comment', sql, at)
}

function readToken(sql: string, start: number, lexis: Lexis): Token {
  const first = sql[start] ?? ''
  if (first === ';') return { kind: 'semicolon', start, end: start + 1 }
  if (first === "'") return quoted(sql, start, start, "'", lexis.backslash)
  // In MySQL these are strings, unless ANSI_QUOTES is set; then no name has a backslash in it anyway.
  if (first === '"') return quoted(sql, start, start, '"', lexis.backslash)
  if (first === '`' && lexis.backtick) return quoted(sql, start, start, '`', false)
  if (first === '[' && lexis.brackets) return quoted(sql, start, start, ']', false)
  if (first === '$' && lexis.dollarQuotes) {
    const opened = matchAt(dollarQuote, sql, start)
    if (opened > start) return dollarQuoted(sql, start, opened)
  }
  if (first === ':') return readColon(sql, start, lexis)
  const placeholder = lexis.placeholder === null ? start : matchAt(lexis.placeholder, sql, start)
  if (placeholder > start) return { kind: 'placeholder', start, end: placeholder }
  return readWord(sql, start, lexis)
}

function readColon(sql: string, start: number, lexis: Lexis): Token {
  if (sql[start + 1] === ':') return { kind: 'other', start, end: start + 2 }
  const end = matchAt(parameter, sql, start)
  const isPart = lexis.colonBehindWord && start > 0 && wordBefore.test(sql[start - 1] ?? '')
  return end === start || isPart
    ? { kind: 'other', start, end: start + 1 }
    : { kind: 'parameter', start, end }
}

function readWord(sql: string, start: number, lexis: Lexis): Token {
  const end = matchAt(word, sql, start)
  if (end === start) return { kind: 'other', start, end: start + 1 }
  // PostgreSQL's E'…' has backslash escapes.
  const isEscaped = lexis.dollarQuotes && end - start === 1 && (sql[start] === 'e' || sql[start] === 'E')
  if (isEscaped && sql[end] === "'") return quoted(sql, start, end, "'", true)
  return { kind: 'word', start, end }
}

function quoted(sql: string, start: number, opened: number, close: string, backslash: boolean): Token {
  for (let at = opened + 1; at < sql.length; at += 1) {
    const char = sql[at]
    if (backslash && char === '\\') at += 1
    else if (char === close) {
      // A doubled quote stands for itself.
      if (sql[at + 1] !== close) return { kind: 'quoted', start, end: at + 1 }
      at += 1
    }
  }
  throw notClosed('string or quoted name', sql, start)
}

function dollarQuoted(sql: string, start: number, opened: number): Token {
  const end = sql.indexOf(sql.slice(start, opened), opened)
  if (end < 0) throw notClosed('dollar-quoted string', sql, start)
  return { kind: 'quoted', start, end: end + (opened - start) }
}

function notClosed(what: string, sql: string, at: number): RockstarError {
  const line = sql.slice(0, at).split('\n').length
  return syntaxError(
    `Expected the end of the ${what} that begins in line ${line}, got the end of the text; close it`,
    sql,
  )
}
