const maxDepth = 32
const maxNodes = 100_000

/** The JSON text of a value. `TypeError` for what JSON would change or lose on its way. */
export function formatValue(value: unknown): string {
  const problem = problemOf(value)
  if (problem === null) return JSON.stringify(value)
  throw new TypeError(`Expected a value of JSON for the session, got ${problem}; store plain data`)
}

/** Keeps a list of its own instead of recursing. A cycle ends at the bound of the depth. */
function problemOf(root: unknown): string | null {
  const waiting: { readonly value: unknown; readonly depth: number }[] = [{ value: root, depth: 0 }]
  let nodes = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next
    if (++nodes > maxNodes) return `more than ${maxNodes} values`
    if (typeof value !== 'object' || value === null) {
      const problem = problemOfScalar(value)
      if (problem !== null) return problem
      continue
    }
    if (depth >= maxDepth) return `something nested deeper than ${maxDepth}, or in itself`
    if (!isPlain(value)) return `an object that is neither plain nor an array`
    for (const [key, member] of Object.entries(value)) {
      if (isPoisonous(key, member)) return 'the key __proto__ or constructor.prototype'
      // As JSON has it: a member that is undefined is not there.
      if (member !== undefined || Array.isArray(value)) waiting.push({ value: member, depth: depth + 1 })
    }
  }
  return null
}

function problemOfScalar(value: unknown): string | null {
  if (value === null || typeof value === 'boolean') return null
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value) ? 'a string with a lone surrogate' : null
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'a number that is not finite'
  return `something of type ${typeof value}`
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return Object.keys(value).length === value.length
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    (prototype === Object.prototype || prototype === null) && Object.getOwnPropertySymbols(value).length === 0
  )
}

/** Security: whoever merges such an object key by key would change the prototype of another one. */
function isPoisonous(key: string, member: unknown): boolean {
  return (
    key === '__proto__' ||
    (key === 'constructor' &&
      typeof member === 'object' &&
      member !== null &&
      Object.hasOwn(member, 'prototype'))
  )
}
