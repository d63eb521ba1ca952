import { decodeParam } from './decode.ts'
import type { Leaf, Node } from './tree.ts'

/**
 * Where the values of a search begin and end in its path, two numbers a parameter. Made once per router, so that a
 * search allocates nothing; a search is synchronous and ends before the next one begins.
 */
export type Spans = Int32Array

/**
 * Finds where `path` leads from `start` on, of which it has read the characters before `from`; `depth` counts its
 * parameters until there. Null for nowhere.
 *
 * Security: each node has one place in the tree and is visited at most once, because what its ancestors take of the
 * path is given. So a search never takes longer than the tree is large, whatever the path, and recurses no deeper.
 */
export function search<Target>(
  start: Node<Target>,
  path: string,
  from: number,
  spans: Spans,
  startDepth: number,
): Leaf<Target> | null {
  const { length } = path
  let node = start
  let index = from
  let depth = startDepth
  for (;;) {
    if (index === length) {
      setSpan(spans, depth, length, length)
      return node.leaf ?? node.rest
    }
    const child = node.children[path.charCodeAt(index)]
    if (child !== undefined && hasCodesAt(path, child.codes, index)) {
      const next = index + child.codes.length
      if (!node.isFork) {
        node = child
        index = next
        continue
      }
      const found = search(child, path, next, spans, depth)
      if (found !== null) return found
    }
    if (!node.isFork) return null
    const { edges, param, rest } = node
    const slash = path.indexOf('/', index)
    const end = slash === -1 ? length : slash
    if (end > index) {
      setSpan(spans, depth, index, end)
      for (const { constraint, node: behind } of edges) {
        if (!constraint.test(decodeParam(path.slice(index, end)))) continue
        const found = search(behind, path, end, spans, depth + 1)
        if (found !== null) return found
      }
      if (param !== null) {
        if (rest === null) {
          node = param
          index = end
          depth++
          continue
        }
        const found = search(param, path, end, spans, depth + 1)
        if (found !== null) return found
      }
    }
    if (rest !== null) setSpan(spans, depth, index, length)
    return rest
  }
}

/** The values that a search left. */
export function cut(path: string, spans: Spans, count: number): string[] {
  // Literals have no room to spare; an array that grows by `push` has room for 17.
  if (count === 1) return [path.slice(spans[0], spans[1])]
  const values = [path.slice(spans[0], spans[1]), path.slice(spans[2], spans[3])]
  for (let index = 4; index < 2 * count; index += 2) values.push(path.slice(spans[index], spans[index + 1]))
  return values
}

function setSpan(spans: Spans, depth: number, from: number, to: number): void {
  spans[2 * depth] = from
  spans[2 * depth + 1] = to
}

/** Does the text go on at `index`? Its first character is known to. */
function hasCodesAt(path: string, codes: readonly number[], index: number): boolean {
  for (let offset = 1; offset < codes.length; offset++) {
    if (path.charCodeAt(index + offset) !== codes[offset]) return false
  }
  return true
}
