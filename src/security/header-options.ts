import type { HstsOptions, SecurityHeaderOptions } from './contract.ts'
import type { CompiledCsp } from './csp.ts'
import { compileCsp, defaultDirectives, isEndpointName, isReportTarget } from './csp.ts'
import type { Problems } from './problems.ts'
import { createProblems, show } from './problems.ts'

/** The options of `securityHeaders`, complete and checked. */
export interface ResolvedHeaders {
  /** Fields that are the same in every answer. */
  readonly fixed: readonly (readonly [name: string, value: string])[]
  readonly hsts: string | null
  readonly csp: CompiledCsp | null
}

const year = 31_536_000

const known: readonly (keyof SecurityHeaderOptions)[] = [
  'csp',
  'hsts',
  'openerPolicy',
  'resourcePolicy',
  'embedderPolicy',
  'referrerPolicy',
  'permissions',
  'noSniff',
  'frameOptions',
  'originAgentCluster',
  'dnsPrefetch',
  'noCrossDomainPolicies',
  'reportingEndpoints',
]

const referrerPolicies = [
  'no-referrer',
  'no-referrer-when-downgrade',
  'same-origin',
  'origin',
  'strict-origin',
  'origin-when-cross-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
]

const defaultPermissions: Readonly<Record<string, readonly string[]>> = {
  camera: [],
  microphone: [],
  geolocation: [],
  payment: [],
  usb: [],
  'browsing-topics': [],
}

/** Checks the options all at once and writes the fields that do not depend on a request. */
export function resolveHeaders(options: SecurityHeaderOptions): ResolvedHeaders {
  const problems = createProblems('securityHeaders')
  problems.names(options, known)
  const fixed: (readonly [string, string])[] = []

  function word(
    key: keyof SecurityHeaderOptions,
    name: string,
    fallback: string | false,
    words: string[],
  ): void {
    const value: unknown = options[key] ?? fallback
    if (value === false) return
    fixed.push([name, problems.choice(key, value, words)])
  }
  function flag(key: keyof SecurityHeaderOptions, name: string, value: string): void {
    if (problems.flag(key, options[key], true)) fixed.push([name, value])
  }

  word('openerPolicy', 'cross-origin-opener-policy', 'same-origin', [
    'same-origin',
    'same-origin-allow-popups',
    'noopener-allow-popups',
    'unsafe-none',
  ])
  word('resourcePolicy', 'cross-origin-resource-policy', 'same-origin', [
    'same-origin',
    'same-site',
    'cross-origin',
  ])
  word('embedderPolicy', 'cross-origin-embedder-policy', false, [
    'require-corp',
    'credentialless',
    'unsafe-none',
  ])
  word('referrerPolicy', 'referrer-policy', 'same-origin', referrerPolicies)
  word('frameOptions', 'x-frame-options', frameOptionsOf(options), ['DENY', 'SAMEORIGIN'])
  word('dnsPrefetch', 'x-dns-prefetch-control', 'off', ['on', 'off'])
  flag('noSniff', 'x-content-type-options', 'nosniff')
  flag('originAgentCluster', 'origin-agent-cluster', '?1')
  flag('noCrossDomainPolicies', 'x-permitted-cross-domain-policies', 'none')
  const permissions = options.permissions ?? defaultPermissions
  if (permissions !== false) fixed.push(['permissions-policy', formatPermissions(permissions, problems)])
  const endpoints = formatEndpoints(options.reportingEndpoints ?? {}, problems)
  if (endpoints !== '') fixed.push(['reporting-endpoints', endpoints])
  const csp = options.csp === false ? null : compileCsp(options.csp ?? {}, 'csp', problems)
  checkReportTo(options, problems)
  const hsts = options.hsts === false ? null : formatHsts(options.hsts ?? {}, problems)
  problems.throwAll()
  return { fixed: fixed.filter(([, value]) => value !== ''), hsts, csp }
}

/** Security: an older browser that knows no `frame-ancestors` is told the same, as far as the older field can say it. */
function frameOptionsOf({ csp }: SecurityHeaderOptions): 'DENY' | 'SAMEORIGIN' | false {
  if (csp === false || csp?.reportOnly === true) return 'DENY'
  const given = csp?.directives?.['frame-ancestors']
  const ancestors = given ?? (csp?.defaults === false ? undefined : defaultDirectives['frame-ancestors'])
  if (!Array.isArray(ancestors)) return ancestors === false ? false : 'DENY'
  if (ancestors.length > 1) return false
  return ancestors[0] === "'none'" ? 'DENY' : ancestors[0] === "'self'" ? 'SAMEORIGIN' : false
}

function formatHsts(options: HstsOptions, problems: Problems): string {
  const maxAge = problems.whole('hsts.maxAgeSeconds', options.maxAgeSeconds, year, [0, 10 * year])
  const includeSubDomains = problems.flag('hsts.includeSubDomains', options.includeSubDomains, false)
  const preload = problems.flag('hsts.preload', options.preload, false)
  if (preload && (!includeSubDomains || maxAge < year))
    problems.add(`hsts.preload: expected includeSubDomains and maxAgeSeconds of at least ${year} with it`)
  return `max-age=${maxAge}${includeSubDomains ? '; includeSubDomains' : ''}${preload ? '; preload' : ''}`
}

/** A structured dictionary of lists (W3C Permissions Policy §5.2). */
function formatPermissions(
  permissions: Readonly<Record<string, readonly string[]>>,
  problems: Problems,
): string {
  const parts = Object.entries(permissions).map(([feature, allowed]) => {
    const key = `permissions.${feature.slice(0, 40)}`
    if (!/^[a-z][a-z0-9-]{0,59}$/.test(feature)) problems.add(`${key}: expected a feature in lower case`)
    if (!Array.isArray(allowed)) {
      problems.add(`${key}: expected a list, got ${show(allowed)}`)
      return ''
    }
    const items = allowed.map((one: unknown) => {
      if (one === 'self' || one === '*' || one === 'src') return one
      if (typeof one === 'string' && isHttpsOrigin(one)) return `"${one}"`
      problems.add(`${key}: expected self, * or an https origin, got ${show(one)}`)
      return ''
    })
    return `${feature}=${items.length === 1 && items[0] === '*' ? '*' : `(${items.join(' ')})`}`
  })
  return parts.join(', ')
}

function formatEndpoints(endpoints: Readonly<Record<string, string>>, problems: Problems): string {
  const parts = Object.entries(endpoints).map(([name, target]) => {
    const key = `reportingEndpoints.${name.slice(0, 40)}`
    if (!isEndpointName(name)) problems.add(`${key}: expected a name of lower-case letters, digits, - and _`)
    if (typeof target !== 'string' || !isReportTarget(target) || target.startsWith('http:'))
      problems.add(`${key}: expected a path or an https URL, got ${show(target)}`)
    return `${name}="${target}"`
  })
  return parts.join(', ')
}

/** A policy that reports to a name that nobody defined reports to nobody. */
function checkReportTo(options: SecurityHeaderOptions, problems: Problems): void {
  const group = options.csp === false ? undefined : options.csp?.directives?.['report-to']
  if (!Array.isArray(group)) return
  const names = Object.keys(options.reportingEndpoints ?? {})
  const [name] = group
  if (typeof name === 'string' && isEndpointName(name) && !names.includes(name))
    problems.add(`csp.directives.report-to: expected a name of reportingEndpoints, got ${show(name)}`)
}

function isHttpsOrigin(text: string): boolean {
  return /^https:\/\/(?:\*\.)?[a-z0-9.-]+(?::\d{1,5})?$/.test(text)
}
