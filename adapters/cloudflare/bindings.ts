import { RockstarError } from '../../src/errors/index.ts'
import type { Bindings } from './cloudflare.ts'
import type { BindingKind } from './kind.ts'
import { describeBindings, kindOf, nameKind } from './kind.ts'

/** What a binding can be for. */
export type BindingRole = 'sql' | 'keyValue' | 'objects' | 'assets' | 'rateLimit' | 'rooms'

/**
 * Names of bindings by role, for those that have no usual name; null: none, whatever is bound. Without an entry a role
 * takes the binding of its usual name, else the only one of its kind.
 *
 * - `sql`: a D1 database (`DB`) or Hyperdrive (`HYPERDRIVE`)
 * - `keyValue`: a KV namespace (`KV`, `CACHE`)
 * - `objects`: an R2 bucket (`BUCKET`, `FILES`)
 * - `assets`: static assets (`ASSETS`); only by name, because a service looks the same
 * - `rateLimit`: a rate limit (`RATE_LIMIT`, `RATE_LIMITER`)
 * - `rooms`: Durable Objects of the class `RoomObject` (`ROOMS`); only by name, because any class looks the same
 */
export type BindingMap = Readonly<Partial<Record<BindingRole, string | null>>>

/** A binding that was chosen for a role. */
export interface ChosenBinding {
  readonly name: string
  readonly kind: BindingKind
  readonly value: unknown
}

/** What was chosen, by role; null for a role without a binding. */
export type ChosenBindings = Readonly<Record<BindingRole, ChosenBinding | null>>

interface Rule {
  readonly names: readonly string[]
  readonly kinds: readonly BindingKind[]
  /** Is the only binding of the kind taken, whatever its name? */
  readonly isTold: boolean
}

const rules: Readonly<Record<BindingRole, Rule>> = {
  sql: { names: ['DB', 'HYPERDRIVE'], kinds: ['d1', 'hyperdrive'], isTold: true },
  keyValue: { names: ['KV', 'CACHE'], kinds: ['kv'], isTold: true },
  objects: { names: ['BUCKET', 'FILES'], kinds: ['r2'], isTold: true },
  assets: { names: ['ASSETS'], kinds: ['fetcher'], isTold: false },
  rateLimit: { names: ['RATE_LIMIT', 'RATE_LIMITER'], kinds: ['rate-limit'], isTold: true },
  rooms: { names: ['ROOMS'], kinds: ['durable-object'], isTold: false },
}

/**
 * Chooses a binding for every role. `OPTIONS_INVALID` with all that is wrong, and with what is bound: a name that is
 * not there, a binding of the wrong kind, several that would do.
 */
export function chooseBindings(bindings: Bindings, map: BindingMap): ChosenBindings {
  const problems: string[] = []
  for (const role of Object.keys(map)) {
    if (!Object.hasOwn(rules, role)) {
      problems.push(`Expected one of the roles ${Object.keys(rules).join(', ')}, got ${role.slice(0, 60)}`)
    }
  }
  const choose = (role: BindingRole): ChosenBinding | null => chooseOne(role, bindings, map[role], problems)
  const chosen: ChosenBindings = {
    sql: choose('sql'),
    keyValue: choose('keyValue'),
    objects: choose('objects'),
    assets: choose('assets'),
    rateLimit: choose('rateLimit'),
    rooms: choose('rooms'),
  }
  if (problems.length === 0) return chosen
  throw new RockstarError(
    'OPTIONS_INVALID',
    `The bindings of the Worker are wrong:\n  ${problems.join('\n  ')}\n  Bound are ${describeBindings(bindings)}`,
    { details: { problems } },
  )
}

function chooseOne(
  role: BindingRole,
  bindings: Bindings,
  wanted: string | null | undefined,
  problems: string[],
): ChosenBinding | null {
  if (wanted === null) return null
  const { names, kinds, isTold } = rules[role]
  const kindNames = kinds.map(nameKind).join(' or ')
  if (wanted !== undefined) {
    const named = find(bindings, wanted)
    if (named !== null && kinds.includes(named.kind)) return named
    const got = named === null ? 'none of that name' : `one of the kind ${nameKind(named.kind)}`
    problems.push(
      `${role}: expected the binding ${String(wanted).slice(0, 60)} of the kind ${kindNames}, got ${got}`,
    )
    return null
  }
  // A variable of that name is no binding: nothing says that it was meant.
  const usual = names
    .map((name) => find(bindings, name))
    .filter((found) => found !== null)
    .filter(({ kind }) => kind !== 'variable')
  const wrong = usual.filter(({ kind }) => !kinds.includes(kind))
  for (const { name, kind } of wrong) {
    problems.push(`${role}: expected ${name} of the kind ${kindNames}, got one of the kind ${nameKind(kind)}`)
  }
  if (wrong.length > 0) return null
  const candidates = usual.length > 0 || !isTold ? usual : ofKinds(bindings, kinds)
  if (candidates.length < 2) return candidates[0] ?? null
  const found = candidates.map(({ name }) => name).join(', ')
  problems.push(
    `${role}: expected one binding of the kind ${kindNames}, got ${candidates.length} (${found.slice(0, 500)}); say which by bindings: { ${role}: … }`,
  )
  return null
}

function ofKinds(bindings: Bindings, kinds: readonly BindingKind[]): readonly ChosenBinding[] {
  return Object.keys(bindings)
    .map((name) => find(bindings, name))
    .filter((found) => found !== null)
    .filter(({ kind }) => kinds.includes(kind))
}

function find(bindings: Bindings, name: string): ChosenBinding | null {
  if (!Object.hasOwn(bindings, name)) return null
  const value = bindings[name]
  return { name, kind: kindOf(value), value }
}
