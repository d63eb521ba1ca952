import { RockstarError } from '../errors/index.ts'

/** A host pattern, read. */
export interface HostPattern {
  /** The pattern without the names of its parameters: two with one shape match the same hosts. */
  readonly shape: string
  readonly names: readonly string[]
  /** How late it is tried: exact ones first, then those with parameters, then wildcards; more labels before fewer. */
  readonly rank: number
  readonly matcher: RegExp
}

/** Reads `example.com`, `*.example.com` or `:tenant.example.com`. Throws `ROUTE_PATTERN`. */
export function parseHost(pattern: string): HostPattern {
  const names: string[] = []
  const wildcard = pattern.startsWith('*.')
  const labels = (wildcard ? pattern.slice(2) : pattern).split('.').map((label) => {
    const name = /^:([a-z_$][\w$]{0,63})$/i.exec(label)?.[1]
    if (name === undefined) return canonicalLabel(label)
    names.push(name)
    return ':'
  })
  if (labels.includes('') || new Set(names).size < names.length || pattern.length > 255) {
    const shown = JSON.stringify(pattern.slice(0, 200))
    throw new RockstarError(
      'ROUTE_PATTERN',
      `Expected a host like example.com, *.example.com or :tenant.example.com, got ${shown}`,
    )
  }
  const source = labels.map((label) => (label === ':' ? '([^.]+)' : label)).join('\\.')
  return {
    shape: `${wildcard ? '*.' : ''}${labels.join('.')}`,
    names,
    rank: (wildcard ? 10_000 : 0) + names.length * 200 - labels.length,
    matcher: new RegExp(`^${wildcard ? '(?:[^.]+\\.)+' : ''}${source}$`),
  }
}

/** The values of the pattern's parameters, or null when it does not match. `host` is in lower case and has no port. */
export function matchHost(pattern: HostPattern, host: string): readonly string[] | null {
  return pattern.matcher.exec(host)?.slice(1) ?? null
}

/** A label in ASCII and lower case, as it comes in requests; `''` for what is none. */
function canonicalLabel(label: string): string {
  if (/^[a-z0-9_-]+$/i.test(label)) return label.toLowerCase()
  const url =
    /^[^\s\0-\x2c/:?#@[\]\\]+$/.test(label) && URL.canParse(`http://${label}`)
      ? new URL(`http://${label}`)
      : null
  return url === null || url.hostname.includes('.') ? '' : url.hostname
}
