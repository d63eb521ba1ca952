import type { Bindings } from './cloudflare.ts'

/** What a binding is. `variable` is text or JSON, `other` what the adapter has no use for. */
export type BindingKind =
  | 'd1'
  | 'durable-object'
  | 'fetcher'
  | 'hyperdrive'
  | 'kv'
  | 'other'
  | 'r2'
  | 'rate-limit'
  | 'variable'

const words: Readonly<Record<BindingKind, string>> = {
  d1: 'D1 database',
  'durable-object': 'Durable Object namespace',
  fetcher: 'service or static assets',
  hyperdrive: 'Hyperdrive',
  kv: 'KV namespace',
  other: 'another kind',
  r2: 'R2 bucket',
  'rate-limit': 'rate limit',
  variable: 'variable',
}

/** Members by which each kind is told, in the order of asking. */
const shapes: readonly (readonly [BindingKind, readonly string[]])[] = [
  // First: a service has every member that it is asked for, because it takes calls by any name.
  ['fetcher', ['fetch']],
  ['hyperdrive', ['connectionString']],
  ['r2', ['head', 'get', 'put', 'createMultipartUpload']],
  ['kv', ['get', 'put', 'list', 'getWithMetadata']],
  ['d1', ['prepare', 'batch', 'exec']],
  ['durable-object', ['idFromName', 'newUniqueId', 'get']],
  ['rate-limit', ['limit']],
]

/** What most variables of a Worker come to; more are counted, not listed. */
const maxListed = 60

/** Tells a binding by its shape. */
export function kindOf(value: unknown): BindingKind {
  if (typeof value !== 'object' || value === null || isPlain(value)) return 'variable'
  const found = shapes.find(([, members]) => members.every((member) => member in value))
  return found === undefined ? 'other' : found[0]
}

/** The kind for a human: `D1 database`. */
export function nameKind(kind: BindingKind): string {
  return words[kind]
}

/** What is bound, for a message: `DB (D1 database), KV (KV namespace) and 2 variables`. Holds no value. */
export function describeBindings(bindings: Bindings): string {
  const all = Object.entries(bindings).map(([name, value]) => ({ name, kind: kindOf(value) }))
  const bound = all.filter(({ kind }) => kind !== 'variable')
  const listed = bound.slice(0, maxListed).map(({ name, kind }) => `${name.slice(0, 60)} (${nameKind(kind)})`)
  const parts = listed.length === 0 ? 'nothing' : listed.join(', ')
  const more = bound.length > maxListed ? ` and ${bound.length - maxListed} more` : ''
  const variables = all.length - bound.length
  return `${parts}${more}${variables === 0 ? '' : `, besides ${variables} variable${variables === 1 ? '' : 's'}`}`
}

/** JSON of `[vars]`: an object that no class made, and without functions. A rate limit is of a class of its own. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  const isData = prototype === Object.prototype || prototype === null || Array.isArray(value)
  return isData && Object.values(value).every((member) => typeof member !== 'function')
}
