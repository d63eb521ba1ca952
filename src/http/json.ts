import { HttpError } from '../errors/index.ts'

/** Texts up to this length cannot be nested deeper than a limit that is worth checking: each level takes two characters. */
const charactersPerLevel = 2

/**
 * Parses JSON that came from outside. `BODY_MALFORMED` (400) for malformed text, for nesting deeper than `maxDepth`,
 * and for a key by which a merge could reach a prototype.
 */
export function parseJson(text: string, maxDepth: number): unknown {
  // Checked before the parser sees it: a text of 100,000 brackets would exhaust the stack of a recursive reader.
  if (text.length > maxDepth * charactersPerLevel && isDeeper(text, maxDepth)) {
    throw malformed(`Expected JSON nested at most ${maxDepth} deep`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw malformed('Expected well-formed JSON', error)
  }
  // Security: `{"__proto__": …}` poisons whoever copies the object key by key. An escape may hide the name.
  if (
    (text.includes('__proto__') || text.includes('\\u') || text.includes('"constructor"')) &&
    isPoisoned(value)
  ) {
    throw malformed('Expected JSON without the keys __proto__ and constructor.prototype')
  }
  return value
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

/** The depth is bounded by now, and so is this recursion. */
function isPoisoned(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(isPoisoned)
  return Object.entries(value).some(([key, member]) => {
    if (key === '__proto__') return true
    if (
      key === 'constructor' &&
      typeof member === 'object' &&
      member !== null &&
      Object.hasOwn(member, 'prototype')
    )
      return true
    return isPoisoned(member)
  })
}

function malformed(message: string, cause?: unknown): HttpError {
  return new HttpError(400, 'BODY_MALFORMED', message, { cause })
}
