import { RockstarError } from '../errors/index.ts'
import type { Found, PathPolicy, RouteDefinition, Router } from './contract.ts'
import type { HostPattern } from './host.ts'
import { matchHost, parseHost } from './host.ts'
import type { Spans } from './match.ts'
import { cut, search } from './match.ts'
import type { Piece } from './pattern.ts'
import { maxPatternLength, otherForm, parsePattern } from './pattern.ts'
import type { Leaf, Node } from './tree.ts'
import { createRoot, insert } from './tree.ts'

/** The routes of one host. */
interface HostTable<Target> {
  readonly host: HostPattern | null
  /** One tree per method. */
  readonly roots: Map<string, Node<Target>>
}

const none: readonly string[] = []

/** Makes an empty router. */
export function createRouter<Target>(policy: Pick<PathPolicy, 'trailingSlash'>): Router<Target> {
  return new RadixRouter<Target>(policy.trailingSlash !== 'strict')
}

class RadixRouter<Target> implements Router<Target> {
  readonly #lenient: boolean
  readonly #anyHost: HostTable<Target> = { host: null, roots: new Map() }
  /** Most specific first. */
  readonly #hosts: HostTable<Target>[] = []
  readonly #routes: RouteDefinition<Target>[] = []
  /** By what a route matches, whatever its parameters are called. */
  readonly #shapes = new Map<string, RouteDefinition<Target>>()
  /** Long enough: a parameter takes three characters of a pattern, and two numbers here. */
  readonly #spans: Spans = new Int32Array(maxPatternLength)

  constructor(lenient: boolean) {
    this.#lenient = lenient
  }

  add(route: RouteDefinition<Target>): void {
    const host = route.host === null ? null : parseHost(route.host)
    const variants = parsePattern(route.pattern)
    const shapes = variants.map((pieces) => `${host?.shape ?? ''} ${route.method} ${shapeOf(pieces)}`)
    for (const shape of shapes) {
      const other = this.#shapes.get(shape)
      if (other !== undefined) throw conflict(route, other)
    }
    for (const shape of shapes) this.#shapes.set(shape, route)
    this.#routes.push(route)
    const root = this.#rootOf(host, route.method)
    const hostNames = host?.names ?? none
    for (const pieces of variants) {
      const names = pieces.flatMap(nameOf)
      insert(root, pieces, leafOf(route.target, hostNames, names, 0))
      const other = this.#lenient ? otherForm(pieces) : null
      if (other === null) continue
      const claim = pieces.at(-1)?.kind === 'rest' ? 2 : 1
      insert(root, other, leafOf(route.target, hostNames, names, claim))
    }
  }

  find(method: string, host: string | null, path: string): Found<Target> {
    if (host !== null) {
      for (const table of this.#hosts) {
        const values = table.host === null ? null : matchHost(table.host, host)
        if (values === null) continue
        const found = findIn(table.roots, method, path, values, this.#spans)
        if (found !== null) return found
      }
    }
    return findIn(this.#anyHost.roots, method, path, none, this.#spans)
  }

  methods(host: string | null, path: string): readonly string[] {
    const methods = new Set<string>()
    for (const table of [...this.#hosts, this.#anyHost]) {
      if (table.host !== null && (host === null || matchHost(table.host, host) === null)) continue
      for (const [method, root] of table.roots) {
        if (search(root, path, 1, this.#spans, 0) !== null) methods.add(method)
      }
    }
    return [...methods].toSorted()
  }

  routes(): readonly RouteDefinition<Target>[] {
    const keyOf = (route: RouteDefinition<Target>): string =>
      `${route.host ?? ''} ${route.pattern} ${route.method}`
    return this.#routes.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
  }

  #rootOf(host: HostPattern | null, method: string): Node<Target> {
    const table = host === null ? this.#anyHost : this.#tableOf(host)
    const known = table.roots.get(method)
    if (known !== undefined) return known
    const root = createRoot<Target>()
    table.roots.set(method, root)
    return root
  }

  /** Host patterns that differ in the names of their parameters only share a table: names are a leaf's. */
  #tableOf(host: HostPattern): HostTable<Target> {
    const known = this.#hosts.find((table) => table.host?.shape === host.shape)
    if (known !== undefined) return known
    const table = { host, roots: new Map<string, Node<Target>>() }
    this.#hosts.push(table)
    this.#hosts.sort(compareTables)
    return table
  }
}

/** By rank, then by shape, so that the order of registration changes nothing. */
function compareTables(left: HostTable<unknown>, right: HostTable<unknown>): number {
  if (left.host === null || right.host === null) return 0
  return left.host.rank - right.host.rank || (left.host.shape < right.host.shape ? -1 : 1)
}

function findIn<Target>(
  roots: ReadonlyMap<string, Node<Target>>,
  method: string,
  path: string,
  hostValues: readonly string[],
  spans: Spans,
): Found<Target> {
  const own = roots.get(method)
  let leaf = own === undefined ? null : search(own, path, 1, spans, 0)
  if (leaf === null) {
    const any = roots.get('*')
    leaf = any === undefined ? null : search(any, path, 1, spans, 0)
    if (leaf === null) return null
  }
  if (leaf.fixed !== null) return leaf.fixed
  const { target, names, count, claim } = leaf
  const values = count === 0 ? none : cut(path, spans, count)
  return {
    target,
    names,
    values: hostValues.length === 0 ? values : [...hostValues, ...values],
    exact: claim === 0,
  }
}

function leafOf<Target>(
  target: Target,
  hostNames: readonly string[],
  pathNames: readonly string[],
  claim: Leaf<Target>['claim'],
): Leaf<Target> {
  const names = Object.freeze([...hostNames, ...pathNames])
  const fixed = names.length === 0 ? Object.freeze({ target, names, values: none, exact: claim === 0 }) : null
  return { target, names, count: pathNames.length, claim, fixed }
}

function nameOf(piece: Piece): string[] {
  if (piece.kind === 'static') return []
  return [piece.kind === 'rest' ? `*${piece.name}` : piece.name]
}

function shapeOf(pieces: readonly Piece[]): string {
  return pieces
    .map((piece) => {
      if (piece.kind === 'static') return piece.text
      return piece.kind === 'rest' ? '*' : `:(${piece.constraint?.key ?? ''})`
    })
    .join('')
}

function conflict(route: RouteDefinition<unknown>, other: RouteDefinition<unknown>): RockstarError {
  const [one, two] = [other, route].map(({ host, method, pattern }) => `${method} ${host ?? ''}${pattern}`)
  return new RockstarError(
    'ROUTE_CONFLICT',
    `Expected routes that match different requests, ${two} matches the same as ${one}`,
  )
}
