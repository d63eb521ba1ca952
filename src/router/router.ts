import { RockstarError } from '../errors/index.ts'
import type { Found, Match, PathPolicy, RouteDefinition, Router } from './contract.ts'
import type { HostPattern } from './host.ts'
import { matchHost, parseHost } from './host.ts'
import type { Piece } from './pattern.ts'
import { parsePattern } from './pattern.ts'
import { Node, search } from './tree.ts'

/** The routes of one method: those without parameters by their path, all others in a tree. */
interface Branch<Target> {
  readonly statics: Map<string, Match<Target>>
  readonly root: Node<Target>
}

/** The routes of one host. */
interface HostTable<Target> {
  readonly host: HostPattern | null
  readonly branches: Map<string, Branch<Target>>
}

const noNames: readonly string[] = []
const noValues: readonly string[] = []

/** Makes an empty router. */
export function createRouter<Target>(policy: Pick<PathPolicy, 'trailingSlash'>): Router<Target> {
  return new RadixRouter<Target>(policy.trailingSlash !== 'strict')
}

class RadixRouter<Target> implements Router<Target> {
  readonly #lenient: boolean
  readonly #anyHost: HostTable<Target> = { host: null, branches: new Map() }
  /** Most specific first. */
  readonly #hosts: HostTable<Target>[] = []
  readonly #routes: RouteDefinition<Target>[] = []
  /** By what a route matches, whatever its parameters are called. */
  readonly #shapes = new Map<string, RouteDefinition<Target>>()

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
    const table = host === null ? this.#anyHost : this.#hostTable(host)
    const branch = branchOf(table, route.method)
    for (const pieces of variants) insert(branch, pieces, host?.names ?? noNames, route.target, this.#lenient)
    this.#routes.push(route)
  }

  find(method: string, host: string | null, path: string): Found<Target> {
    if (host !== null) {
      for (const table of this.#hosts) {
        const values = table.host === null ? null : matchHost(table.host, host)
        if (values === null) continue
        const found = findIn(table, method, path, values, this.#lenient)
        if (found !== null) return found
      }
    }
    return findIn(this.#anyHost, method, path, noValues, this.#lenient)
  }

  methods(host: string | null, path: string): readonly string[] {
    const methods = new Set<string>()
    for (const table of [...this.#hosts, this.#anyHost]) {
      const values = table.host === null ? noValues : host === null ? null : matchHost(table.host, host)
      if (values === null) continue
      for (const [method, branch] of table.branches) {
        if (findInBranch(branch, path, values, this.#lenient) !== null) methods.add(method)
      }
    }
    return [...methods].toSorted()
  }

  routes(): readonly RouteDefinition<Target>[] {
    const keyOf = (route: RouteDefinition<Target>): string =>
      `${route.host ?? ''} ${route.pattern} ${route.method}`
    return this.#routes.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
  }

  #hostTable(host: HostPattern): HostTable<Target> {
    const known = this.#hosts.find(
      (table) => table.host?.shape === host.shape && String(table.host.names) === String(host.names),
    )
    if (known !== undefined) return known
    const table = { host, branches: new Map<string, Branch<Target>>() }
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
  table: HostTable<Target>,
  method: string,
  path: string,
  hostValues: readonly string[],
  lenient: boolean,
): Found<Target> {
  const branch = table.branches.get(method)
  if (branch !== undefined) {
    const found = findInBranch(branch, path, hostValues, lenient)
    if (found !== null) return found
  }
  const any = table.branches.get('*')
  return any === undefined || any === branch ? null : findInBranch(any, path, hostValues, lenient)
}

function findInBranch<Target>(
  branch: Branch<Target>,
  path: string,
  hostValues: readonly string[],
  lenient: boolean,
): Found<Target> {
  const known = branch.statics.get(path)
  if (known !== undefined) return hostValues.length === 0 ? known : { ...known, values: hostValues }
  const found = search(branch.root, path, 0, hostValues.length, lenient)
  if (found !== null)
    for (let index = 0; index < hostValues.length; index++) found.values[index] = hostValues[index]
  return found
}

function branchOf<Target>(table: HostTable<Target>, method: string): Branch<Target> {
  const known = table.branches.get(method)
  if (known !== undefined) return known
  const branch = { statics: new Map<string, Match<Target>>(), root: new Node<Target>('') }
  table.branches.set(method, branch)
  return branch
}

function insert<Target>(
  branch: Branch<Target>,
  pieces: readonly Piece[],
  hostNames: readonly string[],
  target: Target,
  lenient: boolean,
): void {
  const names = [...hostNames, ...pieces.flatMap(nameOf)]
  const [only] = pieces
  if (pieces.length === 1 && only?.kind === 'static') {
    insertStatic(branch, only.text, { target, names, values: noValues, exact: true }, lenient)
    return
  }
  let node = branch.root
  for (const piece of pieces) {
    if (piece.kind === 'static') node = node.insertStatic(piece.text)
    else if (piece.kind === 'param') node = node.insertEdge(piece.constraint)
    else {
      node.rest = { target, names, implied: false }
      node.isForked = true
    }
  }
  if (pieces.at(-1)?.kind !== 'rest') {
    node.leaf = { target, names, implied: false }
    node.isForked = true
  } else if (lenient) insertImplied(branch, pieces, names, target)
}

/** `/a` also as `/a/` and the reverse, unless that form has a route of its own. */
function insertStatic<Target>(
  branch: Branch<Target>,
  path: string,
  match: Match<Target>,
  lenient: boolean,
): void {
  branch.statics.set(path, Object.freeze(match))
  if (!lenient || path === '/') return
  const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
  if (!branch.statics.has(other)) branch.statics.set(other, Object.freeze({ ...match, exact: false }))
}

/** `/files/*rest` also answers `/files`, unless that has a route of its own. */
function insertImplied<Target>(
  branch: Branch<Target>,
  pieces: readonly Piece[],
  names: readonly string[],
  target: Target,
): void {
  let node = branch.root
  for (const piece of pieces.slice(0, -2)) {
    if (piece.kind === 'static') node = node.insertStatic(piece.text)
    else if (piece.kind === 'param') node = node.insertEdge(piece.constraint)
  }
  const before = pieces.at(-2)
  const text = before?.kind === 'static' ? before.text.slice(0, -1) : ''
  if (text === '' && pieces.length === 2) return
  node = node.insertStatic(text)
  node.leaf ??= { target, names, implied: true }
  node.isForked = true
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
