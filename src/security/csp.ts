import type { CspDirective, CspDirectives, CspOptions } from './contract.ts'
import type { Problems } from './problems.ts'
import { show } from './problems.ts'

/** A policy, compiled: its text, and the same in two parts between which a nonce goes. */
export interface CompiledCsp {
  readonly field: 'content-security-policy' | 'content-security-policy-report-only'
  /** The policy of an answer in which nobody asked for a nonce. */
  readonly plain: string
  /** The policy with this nonce. */
  withNonce(nonce: string): string
}

/** What a directive takes: sources, tokens of `sandbox`, nothing at all, or a form of its own. */
type Kind = 'sources' | 'ancestors' | 'sandbox' | 'none' | 'types' | 'scripts' | 'group' | 'uris'

const kinds: Readonly<Record<CspDirective, Kind>> = {
  'default-src': 'sources',
  'script-src': 'sources',
  'script-src-elem': 'sources',
  'script-src-attr': 'sources',
  'style-src': 'sources',
  'style-src-elem': 'sources',
  'style-src-attr': 'sources',
  'img-src': 'sources',
  'font-src': 'sources',
  'connect-src': 'sources',
  'media-src': 'sources',
  'object-src': 'sources',
  'child-src': 'sources',
  'frame-src': 'sources',
  'worker-src': 'sources',
  'manifest-src': 'sources',
  'fenced-frame-src': 'sources',
  'base-uri': 'sources',
  'form-action': 'sources',
  'frame-ancestors': 'ancestors',
  sandbox: 'sandbox',
  'upgrade-insecure-requests': 'none',
  'require-trusted-types-for': 'scripts',
  'trusted-types': 'types',
  'report-to': 'group',
  'report-uri': 'uris',
}

const keywords = new RegExp(
  `^'(?:self|none|unsafe-inline|unsafe-eval|wasm-unsafe-eval|strict-dynamic|unsafe-hashes|report-sample|inline-speculation-rules)'$`,
)
/** Keywords that somebody forgot to quote: hosts of these names are hardly meant. */
const bareKeyword = /^(?:self|none|nonce|unsafe-[a-z-]+|strict-dynamic|wasm-unsafe-eval|report-sample)$/i
const hash = /^'sha(?:256-[A-Za-z0-9+/]{43}=|384-[A-Za-z0-9+/]{64}|512-[A-Za-z0-9+/]{86}==)'$/
const scheme = /^[a-z][a-z0-9+.-]*:$/i
const host =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(?:\d{1,5}|\*))?(?:\/[\w\-.~/%!$&'()*+=:@]*)?$/i
const sandboxFlags =
  /^allow-(?:downloads|forms|modals|orientation-lock|pointer-lock|popups|popups-to-escape-sandbox|presentation|same-origin|scripts|storage-access-by-user-activation|top-navigation|top-navigation-by-user-activation|top-navigation-to-custom-protocols)$/
const nonceSource = "'nonce'"
const maxPolicyLength = 8192
const maxValues = 100

/** Where the nonce goes while the policy is put together: no source can hold it. */
const mark = '\0'

/** Only what the own origin serves, no plug-ins, no frames around it, no `<base>`, forms to the own origin. */
export const defaultDirectives: CspDirectives = {
  'default-src': ["'self'"],
  'script-src': ["'self'", nonceSource],
  'style-src': ["'self'", nonceSource],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
}

/** Compiles a policy; mistakes are added to `problems`. */
export function compileCsp(options: CspOptions, key: string, problems: Problems): CompiledCsp {
  const merged: CspDirectives = {
    ...(options.defaults === false ? {} : defaultDirectives),
    ...options.directives,
  }
  const parts: string[] = []
  for (const [name, values] of Object.entries(merged)) {
    if (values === false || values === undefined) continue
    const text = formatDirective(name, values, `${key}.directives.${name}`, problems)
    if (text !== null) parts.push(text)
  }
  const text = parts.join('; ')
  if (parts.length === 0)
    problems.add(`${key}: expected at least one directive; false switches the policy off`)
  if (text.length > maxPolicyLength)
    problems.add(`${key}: expected a policy of at most ${maxPolicyLength} characters, got ${text.length}`)
  const reportOnly = problems.flag(`${key}.reportOnly`, options.reportOnly, false)
  if (reportOnly && options.directives?.sandbox !== undefined && options.directives.sandbox !== false)
    problems.add(`${key}.directives.sandbox: expected none in a policy that only reports, browsers ignore it`)
  return {
    field: reportOnly ? 'content-security-policy-report-only' : 'content-security-policy',
    plain: withoutMark(text),
    withNonce: (nonce) => text.replaceAll(mark, `'nonce-${nonce}'`),
  }
}

/** A directive of nothing but the nonce allows nothing as long as there is none. */
function withoutMark(text: string): string {
  return text
    .replaceAll(` ${mark}`, '')
    .split('; ')
    .map((part) => (isSourceList(part) && !part.includes(' ') ? `${part} 'none'` : part))
    .join('; ')
}

function isSourceList(name: string): boolean {
  return Object.hasOwn(kinds, name) && kinds[name as CspDirective] === 'sources' // `hasOwn` has just proved it.
}

function formatDirective(
  name: string,
  values: readonly string[] | true,
  key: string,
  problems: Problems,
): string | null {
  const kind = Object.hasOwn(kinds, name) ? kinds[name as CspDirective] : null // `hasOwn` has just proved it.
  if (kind === null) {
    problems.add(`${key.slice(0, 80)}: expected a directive of CSP level 3, this is none`)
    return null
  }
  if (values === true) {
    if (kind === 'none' || kind === 'sandbox') return name
    problems.add(`${key}: expected a list, got true`)
    return null
  }
  if (!Array.isArray(values) || values.length > maxValues) {
    problems.add(`${key}: expected a list of at most ${maxValues} values, got ${show(values)}`)
    return null
  }
  if (kind === 'none') {
    problems.add(`${key}: expected true or false, it has no values`)
    return null
  }
  checkValues(kind, values, key, problems)
  const texts = values.map((value) => (value === nonceSource ? mark : value))
  return [name, ...texts].join(' ')
}

function checkValues(kind: Kind, values: readonly unknown[], key: string, problems: Problems): void {
  for (const value of values) {
    if (typeof value !== 'string' || !fits(kind, value))
      problems.add(`${key}: ${expected[kind]}, got ${show(value)}`)
  }
  if (values.length === 0 && kind !== 'sandbox')
    problems.add(`${key}: expected at least one value, 'none' in quotes allows nothing`)
  if (values.length > 1 && values.includes("'none'"))
    problems.add(`${key}: expected 'none' to stand alone, beside others browsers ignore it`)
  if (new Set(values).size < values.length) problems.add(`${key}: expected each value once`)
  if (kind === 'group' && values.length > 1) problems.add(`${key}: expected one endpoint`)
}

const expected: Readonly<Record<Kind, string>> = {
  sources: `expected 'self', 'nonce' and the like in single quotes, a hash, a scheme with colon or a host`,
  ancestors: `expected 'self', 'none', a scheme with colon or a host`,
  sandbox: 'expected a flag such as allow-forms',
  none: 'expected no value',
  types: `expected a policy name, 'allow-duplicates', 'none' or *`,
  scripts: `expected 'script' in single quotes`,
  group: 'expected the name of an endpoint',
  uris: 'expected a path or an http(s) URL without blanks, commas and semicolons',
}

/** Security: none of these forms has a blank, a comma or a semicolon, which would begin another source or directive. */
function fits(kind: Kind, value: string): boolean {
  switch (kind) {
    case 'sources':
      return (
        value === nonceSource || value === '*' || keywords.test(value) || hash.test(value) || isPlace(value)
      )
    case 'ancestors':
      return /^'(?:self|none)'$/.test(value) || isPlace(value)
    case 'sandbox':
      return sandboxFlags.test(value)
    case 'none':
      return false
    case 'types':
      return /^(?:\*|'allow-duplicates'|'none'|[\w\-#=/@.%]+)$/.test(value)
    case 'scripts':
      return value === "'script'"
    case 'group':
      return isEndpointName(value)
    case 'uris':
      return isReportTarget(value)
  }
}

function isPlace(value: string): boolean {
  return scheme.test(value) || (host.test(value) && !bareKeyword.test(value))
}

/** The name of a reporting endpoint: a key of a structured dictionary (RFC 9651 §3.1.2). */
export function isEndpointName(name: string): boolean {
  return /^[a-z*][a-z0-9_\-.*]{0,59}$/.test(name)
}

/** A path of this site or an absolute URL, with nothing that would end it early in a header field. */
export function isReportTarget(text: string): boolean {
  return /^(?:https?:\/\/|\/(?!\/))[\w\-.~:/?#[\]@!$&'()*+=%]*$/.test(text) && URL.canParse(text, 'https://a')
}
