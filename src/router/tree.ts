import type { Constraint } from './constraint.ts'
import type { Match } from './contract.ts'
import type { Piece } from './pattern.ts'

/** Where a pattern ends. */
export interface Leaf<Target> {
  readonly target: Target
  /** Names of the host's and the path's parameters; that of a rest parameter begins with `*`. */
  readonly names: readonly string[]
  /** How many of the names are the path's. */
  readonly count: number
  /**
   * Who may answer here. 0: a route of its own. 1: one with a slash more or less at its end. 2: `/files/*rest` for
   * `/files`. Of several the lowest does.
   */
  readonly claim: 0 | 1 | 2
  /** The match, made once, when there are no parameters. */
  readonly fixed: Match<Target> | null
}

/** A constrained parameter at one place of the tree. */
export interface Edge<Target> {
  readonly constraint: Constraint
  readonly node: Node<Target>
}

/** A node of a radix tree over char codes. It is only reached by a path that has its codes already. */
export class Node<Target> {
  /** The text of the node. An array of small integers is compared faster than a string (bench/router). */
  codes: readonly number[]
  /** Static text that goes on here, by its first code. */
  readonly children: (Node<Target> | undefined)[] = []
  /** Constrained parameters, in the order in which they are tried. */
  readonly edges: Edge<Target>[] = []
  param: Node<Target> | null = null
  rest: Leaf<Target> | null = null
  leaf: Leaf<Target> | null = null
  /** Can anything but static text go on here? */
  isFork = false

  constructor(codes: readonly number[]) {
    this.codes = codes
  }
}

/** The root of a tree: the slash with which every path begins. */
export function createRoot<Target>(): Node<Target> {
  return new Node<Target>([47])
}

/** Adds the path that the pieces stand for. A place that is taken goes to the lower claim. */
export function insert<Target>(root: Node<Target>, pieces: readonly Piece[], leaf: Leaf<Target>): void {
  let node = root
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind === 'static') {
      // The first slash is the root's.
      const text = index === 0 ? piece.text.slice(1) : piece.text
      node = staticBelow(
        node,
        Array.from(text, (character) => character.charCodeAt(0)),
      )
    } else {
      node.isFork = true
      if (piece.kind === 'rest') {
        node.rest = leaf
        return
      }
      node =
        piece.constraint === null ? (node.param ??= new Node<Target>([])) : edgeBelow(node, piece.constraint)
    }
  }
  if (node.leaf === null || leaf.claim < node.leaf.claim) node.leaf = leaf
}

/** The node at which the codes end, made by splitting where it must be. */
function staticBelow<Target>(node: Node<Target>, codes: readonly number[]): Node<Target> {
  const [first] = codes
  if (first === undefined) return node
  const child = node.children[first]
  if (child === undefined) {
    const made = new Node<Target>(codes)
    node.children[first] = made
    return made
  }
  let shared = 1
  while (shared < child.codes.length && child.codes[shared] === codes[shared]) shared++
  const [next] = child.codes.slice(shared)
  if (next === undefined) return staticBelow(child, codes.slice(shared))
  const upper = new Node<Target>(codes.slice(0, shared))
  child.codes = child.codes.slice(shared)
  upper.children[next] = child
  node.children[first] = upper
  return staticBelow(upper, codes.slice(shared))
}

/** The node behind a constrained parameter. Edges stand in the order of their keys, which no registration changes. */
function edgeBelow<Target>({ edges }: Node<Target>, constraint: Constraint): Node<Target> {
  const known = edges.find((edge) => edge.constraint.key === constraint.key)
  if (known !== undefined) return known.node
  const node = new Node<Target>([])
  edges.push({ constraint, node })
  edges.sort((left, right) => (left.constraint.key < right.constraint.key ? -1 : 1))
  return node
}
