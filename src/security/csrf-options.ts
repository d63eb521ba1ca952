import type { Context } from '../context/index.ts'
import { isToken } from '../http/index.ts'
import type { CsrfOptions } from './contract.ts'
import type { CsrfTokens } from './csrf-token.ts'
import { createCsrfTokens } from './csrf-token.ts'
import { isCookieName } from './host-cookie.ts'
import { compileExact } from './origin.ts'
import { createProblems, show } from './problems.ts'
import { keyRingOf } from './secrets.ts'

/** The options of `csrf`, complete and checked. */
export interface ResolvedCsrf {
  readonly trusted: ReadonlySet<string>
  /** Null without secrets. */
  readonly tokens: CsrfTokens | null
  readonly bindTo: (ctx: Context) => string | null | Promise<string | null>
  readonly headerName: string
  readonly fieldName: string
  readonly skip: (ctx: Context) => boolean
}

const known: readonly (keyof CsrfOptions)[] = [
  'trustedOrigins',
  'secrets',
  'bindTo',
  'headerName',
  'fieldName',
  'cookieName',
  'skip',
]

/** Checks the options all at once. */
export function resolveCsrf(options: CsrfOptions): ResolvedCsrf {
  const problems = createProblems('csrf')
  problems.names(options, known)
  const { secrets, headerName = 'x-csrf-token', fieldName = '_csrf', cookieName = 'csrf' } = options
  const trusted = compileExact(options.trustedOrigins ?? [], 'trustedOrigins', problems)
  if (trusted.has('null')) problems.add('trustedOrigins: expected no null, which any page can be')
  if (!isToken(headerName)) problems.add(`headerName: expected the name of a field, got ${show(headerName)}`)
  if (!/^[\w-]{1,40}$/.test(fieldName))
    problems.add(`fieldName: expected 1 to 40 letters, digits, - and _, got ${show(fieldName)}`)
  if (!isCookieName(cookieName))
    problems.add(`cookieName: expected 1 to 40 letters, digits, - and _, got ${show(cookieName)}`)
  for (const name of ['bindTo', 'skip'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      problems.add(`${name}: expected a function, got ${show(options[name])}`)
  if (options.bindTo !== undefined && secrets === undefined)
    problems.add('bindTo: expected secrets with it, there is no token without them')
  const keys = secrets === undefined ? null : keyRingOf(secrets, problems)
  problems.throwAll()
  return {
    trusted,
    tokens: keys === null ? null : createCsrfTokens(keys, cookieName),
    bindTo: options.bindTo ?? (() => null),
    headerName,
    fieldName,
    // Security: only `true` skips.
    skip: (ctx) => options.skip?.(ctx) === true,
  }
}
