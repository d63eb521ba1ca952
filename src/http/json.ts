import { HttpError } from '../errors/index.ts'

/** An escape that may stand for a letter of `__proto__`, `constructor` or `prototype`: U+005F and U+0060 to U+007F. */
const hidingEscape = /\\u00(?:5f|[67])/i

/**
 * Parses JSON that came from outside. `BODY_MALFORMED` (400) for malformed text, for arrays and objects nested deeper
 * than `maxDepth`, for the key `__proto__` and for a key `constructor` whose value has a key `prototype`, however they
 * are escaped. Messages tell a position and nothing of the text.
 */
export function parseJson(text: string, maxDepth: number): unknown {
  // Before the parser sees it: one that is recursive would exhaust its stack.
  if (text.length > maxDepth * 2 && hasMoreBrackets(text, maxDepth) && isDeeper(text, maxDepth)) {
    throw malformed(`Expected JSON nested at most ${maxDepth} deep`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw malformed(`Expected well-formed JSON, ${whatCame(text, error)}`)
  }
  // Security: `{"__proto__": …}` poisons whoever merges the object key by key.
  if (maybePoisoned(text) && isPoisoned(value)) {
    throw malformed('Expected JSON without the keys __proto__ and constructor.prototype')
  }
  return value
}

/** Both names have the same letters in them: most bodies are searched once for them, and once for an escape. */
function maybePoisoned(text: string): boolean {
  return (
    (text.includes('proto') && (text.includes('__proto__') || text.includes('"prototype"'))) ||
    (text.includes('\\u') && hidingEscape.test(text))
  )
}

/** Has the text more opening brackets than `count`? Spares most bodies the scan, which costs as much as a third of parsing. */
function hasMoreBrackets(text: string, count: number): boolean {
  let left = count
  for (let at = text.indexOf('{'); at !== -1; at = text.indexOf('{', at + 1)) if (--left < 0) return true
  for (let at = text.indexOf('['); at !== -1; at = text.indexOf('[', at + 1)) if (--left < 0) return true
  return false
}

/** One scan over the brackets outside of strings. */
function isDeeper(text: string, maxDepth: number): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 34) {
      index = endOfString(text, index)
    } else if (code === 91 || code === 123) {
      if (++depth > maxDepth) return true
    } else if (code === 93 || code === 125) {
      depth--
    }
  }
  return false
}

/** The closing quote of the string that begins at `open`, or the end of a text that has none. */
function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close !== -1; close = text.indexOf('"', close + 1)) {
    let backslashes = 0
    while (text.charCodeAt(close - 1 - backslashes) === 92) backslashes++
    if (backslashes % 2 === 0) return close
  }
  return text.length
}

/** Keeps a list of its own instead of recursing: the depth may be thousands. */
function isPoisoned(root: unknown): boolean {
  const waiting: unknown[] = [root]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) continue
    for (const [key, member] of Object.entries(value)) {
      if (key === '__proto__' || (key === 'constructor' && hasPrototypeKey(member))) return true
      if (typeof member === 'object') waiting.push(member)
    }
  }
  return false
}

function hasPrototypeKey(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}

/** Security: the engine's message quotes the text, which may be a password; its position does no harm. */
function whatCame(text: string, error: unknown): string {
  if (text.trim() === '') return 'got an empty body'
  const position = error instanceof Error ? /position (\d{1,16})\b/.exec(error.message)?.[1] : undefined
  return position === undefined ? 'got text that is not JSON' : `got an error at position ${position}`
}

function malformed(message: string): HttpError {
  return new HttpError(400, 'BODY_MALFORMED', message)
}
