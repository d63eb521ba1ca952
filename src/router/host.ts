import { RockstarError } from '../errors/index.ts'

/** A host pattern, read. */
export interface HostPattern {
  /** The pattern in lower case: tells tables apart. */
  readonly key: string
  /** The pattern without the names of its parameters: tells conflicts. */
  readonly shape: string
  readonly names: readonly string[]
  readonly labels: readonly HostLabel[]
  /** Begins with `*.`: one or more further labels in front. */
  readonly wildcard: boolean
}

type HostLabel = { readonly kind: 'static'; readonly text: string } | { readonly kind: 'param' }

const maxLabels = 32

/** Reads `example.com`, `*.example.com` or `:tenant.example.com`. Throws `ROUTE_PATTERN`. */
export function parseHost(pattern: string): HostPattern {
  const wildcard = pattern.startsWith('*.')
  const names: string[] = []
  const labels = (wildcard ? pattern.slice(2) : pattern).split('.').map((label): HostLabel => {
    if (!label.startsWith(':')) return { kind: 'static', text: canonicalLabel(label, pattern) }
    const name = label.slice(1)
    if (!/^[A-Za-z_$][A-Za-z0-9_$]{0,63}$/.test(name) || names.includes(name)) throw hostError(pattern)
    names.push(name)
    return { kind: 'param' }
  })
  if (labels.length > maxLabels) throw hostError(pattern)
  const text = labels.map((label) => (label.kind === 'static' ? label.text : ':')).join('.')
  const shape = wildcard ? `*.${text}` : text
  return { key: pattern.toLowerCase(), shape, names, labels, wildcard }
}

/** The values of the pattern's parameters, or null when it does not match. `host` is in lower case and has no port. */
export function matchHost(pattern: HostPattern, host: string): readonly string[] | null {
  const given = host.split('.')
  const surplus = given.length - pattern.labels.length
  if (pattern.wildcard ? surplus < 1 : surplus !== 0) return null
  const values: string[] = []
  for (const [index, label] of pattern.labels.entries()) {
    const text = given[index + surplus] ?? ''
    if (label.kind === 'param') {
      if (text === '') return null
      values.push(text)
    } else if (label.text !== text) return null
  }
  return values
}

/** Exact before parameters before wildcards; among equals the one with more labels, then by text. */
export function compareHosts(left: HostPattern | null, right: HostPattern | null): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1
  return (
    rank(left) - rank(right) ||
    right.labels.length - left.labels.length ||
    (left.shape < right.shape ? -1 : 1)
  )
}

function rank(pattern: HostPattern): number {
  return (pattern.wildcard ? 1000 : 0) + pattern.names.length
}

/** International names in their ASCII form, as they come in requests. */
function canonicalLabel(label: string, pattern: string): string {
  try {
    const { hostname } = new URL(`http://${label}`)
    if (label !== '' && !/[/?#@:\s]/.test(label))
      return /^[0-9.]+$/.test(hostname) ? label.toLowerCase() : hostname
  } catch {
    // Told below, with what was expected.
  }
  throw hostError(pattern)
}

function hostError(pattern: string): RockstarError {
  const shown = JSON.stringify(pattern.slice(0, 200))
  return new RockstarError(
    'ROUTE_PATTERN',
    `Expected a host like example.com, *.example.com or :tenant.example.com, got ${shown}`,
  )
}
