import type { Constraint } from './constraint.ts'
import { decodeParam } from './decode.ts'
import type { Match } from './contract.ts'

/** Where a pattern ends. */
export interface Leaf<Target> {
  readonly target: Target
  /** Names of the host's and the path's parameters; that of a rest parameter begins with `*`. */
  readonly names: readonly string[]
  /** Stands for `/files` where only `/files/*rest` was registered: makes way for a route of its own. */
  readonly implied: boolean
}

/** A parameter at one place of the tree. */
interface Edge<Target> {
  readonly constraint: Constraint | null
  readonly node: Node<Target>
}

/**
 * A node of a radix tree. Its text is matched already when it is visited. Every node belongs to one path through the
 * tree and is visited at most once per search, so that a search never takes longer than the tree is large.
 */
export class Node<Target> {
  text: string
  /** By the char code of their text's first character. */
  children: (Node<Target> | undefined)[] = []
  edges: Edge<Target>[] = []
  leaf: Leaf<Target> | null = null
  rest: Leaf<Target> | null = null
  /** May something match here besides a child? Set by whoever adds an edge, a leaf or a rest. */
  isForked = false

  constructor(text: string) {
    this.text = text
  }

  /** The node at which `text` ends, made by splitting where it must be. */
  insertStatic(text: string): Node<Target> {
    if (text === '') return this
    const code = text.charCodeAt(0)
    const child = this.children[code]
    if (child === undefined) {
      const node = new Node<Target>(text)
      this.children[code] = node
      return node
    }
    const shared = sharedLength(child.text, text)
    if (shared < child.text.length) {
      const upper = new Node<Target>(text.slice(0, shared))
      child.text = child.text.slice(shared)
      upper.children[child.text.charCodeAt(0)] = child
      this.children[code] = upper
      return upper.insertStatic(text.slice(shared))
    }
    return child.insertStatic(text.slice(shared))
  }

  /** The node behind a parameter, which is made if it is not there. Constraints are kept in their fixed order. */
  insertEdge(constraint: Constraint | null): Node<Target> {
    const key = constraint?.key ?? null
    const known = this.edges.find((edge) => (edge.constraint?.key ?? null) === key)
    if (known !== undefined) return known.node
    const edge = { constraint, node: new Node<Target>('') }
    this.edges.push(edge)
    this.isForked = true
    this.edges.sort(compareEdges)
    return edge.node
  }
}

/**
 * Finds the leaf for `path` from `index` on. `depth` counts the parameters before. The match is made at the leaf; its
 * values are filled in on the way back. With `lenient` a slash too many or too few at the end is overlooked.
 */
export function search<Target>(
  from: Node<Target>,
  path: string,
  start: number,
  depth: number,
  lenient: boolean,
): OpenMatch<Target> | null {
  let node = from
  let index = start
  for (;;) {
    if (index === path.length) return matchEnd(node, lenient)
    const child = node.children[path.charCodeAt(index)]
    if (child === undefined || !hasTextAt(path, child.text, index)) break
    if (node.isForked) {
      const found = search(child, path, index + child.text.length, depth, lenient)
      if (found !== null) return found
      break
    }
    // Nothing else could match here, so there is no need to come back: a loop instead of a call (bench/router).
    node = child
    index += child.text.length
  }
  if (!node.isForked) return null
  const found = searchEdges(node, path, index, depth, lenient)
  if (found !== null) return found
  if (lenient && node.leaf !== null && index === path.length - 1 && path.charCodeAt(index) === 47) {
    return matchLeaf(node.leaf, false)
  }
  return node.rest === null ? null : matchRest(node.rest, path.slice(index))
}

function searchEdges<Target>(
  node: Node<Target>,
  path: string,
  index: number,
  depth: number,
  lenient: boolean,
): OpenMatch<Target> | null {
  const { edges } = node
  if (edges.length === 0) return null
  const slash = path.indexOf('/', index)
  const end = slash === -1 ? path.length : slash
  if (end === index) return null
  for (let place = 0; place < edges.length; place++) {
    const edge = edges[place]
    if (edge === undefined) break
    if (edge.constraint !== null && !edge.constraint.test(decodeParam(path.slice(index, end)))) continue
    const found = search(edge.node, path, end, depth + 1, lenient)
    if (found !== null) {
      found.values[depth] = path.slice(index, end)
      return found
    }
  }
  return null
}

function matchEnd<Target>(node: Node<Target>, lenient: boolean): OpenMatch<Target> | null {
  if (node.leaf !== null) return matchLeaf(node.leaf, !node.leaf.implied)
  if (node.rest !== null) return matchRest(node.rest, '')
  const next = lenient ? node.children[47] : undefined
  return next !== undefined && next.text === '/' && next.leaf !== null ? matchLeaf(next.leaf, false) : null
}

/** A match whose values are still being filled in. */
export interface OpenMatch<Target> extends Match<Target> {
  readonly values: (string | undefined)[]
}

function matchLeaf<Target>(leaf: Leaf<Target>, exact: boolean): OpenMatch<Target> {
  const match = { target: leaf.target, names: leaf.names, values: emptyValues(leaf.names.length), exact }
  if (leaf.implied) match.values[leaf.names.length - 1] = ''
  return match
}

function matchRest<Target>(leaf: Leaf<Target>, rest: string): OpenMatch<Target> {
  const values = emptyValues(leaf.names.length)
  values[leaf.names.length - 1] = rest
  return { target: leaf.target, names: leaf.names, values, exact: true }
}

/** Literals of the usual lengths: an array that grows by `push` costs more than the rest of a match. */
function emptyValues(length: number): (string | undefined)[] {
  switch (length) {
    case 1:
      return [undefined]
    case 2:
      return [undefined, undefined]
    case 3:
      return [undefined, undefined, undefined]
    default:
      return Array.from({ length }, () => undefined)
  }
}

function hasTextAt(path: string, text: string, index: number): boolean {
  // The first character is known to be equal. A loop is faster than `startsWith` for texts of this length.
  for (let offset = 1; offset < text.length; offset++) {
    if (path.charCodeAt(index + offset) !== text.charCodeAt(offset)) return false
  }
  return true
}

function sharedLength(left: string, right: string): number {
  let length = 0
  while (length < left.length && length < right.length && left[length] === right[length]) length++
  return length
}

/** Constrained before free; among constrained the order of their keys, which no registration can change. */
function compareEdges(
  left: { constraint: Constraint | null },
  right: { constraint: Constraint | null },
): number {
  if (left.constraint === null || right.constraint === null) return left.constraint === null ? 1 : -1
  return left.constraint.key < right.constraint.key ? -1 : 1
}
