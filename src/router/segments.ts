import { RockstarError } from '../errors/index.ts'
import { canonicalLiteral } from './canonical.ts'
import type { Found, RouteDefinition, Router } from './contract.ts'

/** One path that a route answers. */
interface Entry<Target> {
  readonly route: RouteDefinition<Target>
  /** What each segment must be: literal text, `/:` for any, `/*` for all that are left. */
  readonly keys: readonly string[]
  readonly names: readonly string[]
  /** Of two entries that match one path the one with the lower rank answers: literal, parameter, rest. */
  readonly rank: string
}

const form = /^(?:([:*])((?!__)[A-Za-z_$][\w$]{0,63})(\??)|[^:*?#()\\]+)$/

/**
 * Makes an empty router that is small rather than fast: a list, of which the first entry that matches answers. It knows
 * neither constraints nor hosts, and a slash more or less at the end of a path changes nothing.
 */
export function createSegmentRouter<Target>(): Router<Target> {
  const entries: Entry<Target>[] = []
  function find(method: string, path: string): Found<Target> {
    const segments = path.split('/')
    for (const { keys, names, route } of entries) {
      const values = route.method === method ? match(keys, segments) : null
      if (values !== null) return { target: route.target, names, values, exact: true }
    }
    return null
  }
  return {
    add(route): void {
      for (const entry of entriesOf(route)) {
        const key = keyOf(entry)
        const other = entries.find((one) => keyOf(one) === key)
        if (other !== undefined)
          throw refuse('ROUTE_CONFLICT', `other requests than ${nameOf(other.route)}`, route)
        entries.push(entry)
      }
      entries.sort((left, right) => (left.rank < right.rank ? -1 : 1))
    },
    find: (method, _host, path) => find(method, path) ?? find('*', path),
    methods: (_host, path) =>
      entries.filter(({ keys }) => match(keys, path.split('/')) !== null).map(({ route }) => route.method),
    routes: () =>
      [...new Set(entries.map(({ route }) => route))].toSorted((left, right) =>
        nameOf(left) < nameOf(right) ? -1 : 1,
      ),
  }
}

/** One entry, and one more for each optional parameter at the end. */
function entriesOf<Target>(route: RouteDefinition<Target>): Entry<Target>[] {
  const [before, ...segments] = route.pattern.split('/')
  const entries: Entry<Target>[] = []
  let keys: readonly string[] = []
  let names: readonly string[] = []
  let rank = ''
  if (segments.at(-1) === '') segments.pop()
  else if (segments.length === 0) throw malformed(route)
  for (const segment of segments) {
    const [, kind, name = '', mark] = form.exec(segment) ?? [segment, '?']
    const key = kind === undefined ? canonicalLiteral(segment) : `/${kind}`
    const isMalformed =
      before !== '' ||
      key === null ||
      kind === '?' ||
      names.includes(name) ||
      rank.endsWith('~') ||
      (entries.length > 0 && mark !== '?') ||
      (kind === '*' && mark === '?')
    if (isMalformed) throw malformed(route)
    if (mark === '?') entries.push({ route, keys, names, rank })
    keys = [...keys, key]
    if (kind !== undefined) names = [...names, kind === '*' ? kind + name : name]
    rank += kind === undefined ? '!' : kind === '*' ? '~' : ':'
  }
  return [...entries, { route, keys, names, rank }]
}

/** The values of the parameters, or null. The first of the segments is the nothing before the first slash. */
function match(keys: readonly string[], segments: readonly string[]): string[] | null {
  const values: string[] = []
  let index = 0
  for (const key of keys) {
    const segment = segments[++index]
    if (key === '/*') return [...values, segments.slice(index).join('/')]
    if (key === '/:' && segment) values.push(segment)
    else if (key !== segment) return null
  }
  // Nothing may be left but what is behind a slash at the end.
  return segments.slice(index + 1).join('/') === '' ? values : null
}

function malformed(route: RouteDefinition<unknown>): RockstarError {
  return refuse('ROUTE_PATTERN', '/text, /:name, /:name? or a last /*name', route)
}

function refuse(
  code: 'ROUTE_CONFLICT' | 'ROUTE_PATTERN',
  expected: string,
  route: RouteDefinition<unknown>,
): RockstarError {
  return new RockstarError(code, `Expected ${expected}, got ${nameOf(route).slice(0, 200)}`)
}

function keyOf({ keys, route }: Entry<unknown>): string {
  return `${route.method} ${keys.join('/')}`
}

function nameOf({ method, pattern }: RouteDefinition<unknown>): string {
  return `${method} ${pattern}`
}
