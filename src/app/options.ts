import type { DiagnosticListener } from '../diagnostics/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { PathPolicy, RouterFactory } from '../router/index.ts'
import type { AppLimits, KernelOptions } from './contract.ts'
import type { PendingRoute } from './scope.ts'

/** The options of an app, complete and checked. The rest of the code never sees an optional. */
export interface ResolvedOptions {
  readonly mode: 'development' | 'production' | 'test' | null
  readonly limits: AppLimits
  readonly paths: PathPolicy
  readonly hookMs: number
  readonly router: RouterFactory | null
  readonly onDiagnostic: DiagnosticListener | null
}

const defaultLimits: AppLimits = {
  bodyBytes: 1_048_576,
  jsonDepth: 64,
  formFields: 1000,
  handlerMs: 30_000,
}

const limitRanges: Readonly<Record<keyof AppLimits, readonly [number, number]>> = {
  bodyBytes: [0, Number.MAX_SAFE_INTEGER],
  jsonDepth: [1, 10_000],
  formFields: [1, 100_000],
  handlerMs: [0, 2_147_483_647],
}

const choices: Readonly<Record<string, readonly unknown[]>> = {
  mode: ['development', 'production', 'test', undefined],
  'paths.encodedSlash': ['keep', 'reject', undefined],
  'paths.trailingSlash': ['ignore', 'strict', 'redirect', undefined],
}

/** Checks the options all at once; `OPTIONS_INVALID` lists every mistake with its key. */
export function resolveOptions(options: KernelOptions): ResolvedOptions {
  const problems: string[] = []
  const limits = resolveLimits(options.limits ?? {}, defaultLimits, 'limits', problems)
  const paths = options.paths ?? {}
  checkChoice('mode', options.mode, problems)
  checkChoice('paths.encodedSlash', paths.encodedSlash, problems)
  checkChoice('paths.trailingSlash', paths.trailingSlash, problems)
  const maxLength = checkNumber('paths.maxLength', paths.maxLength ?? 8192, 1, 65_536, problems)
  const hookMs = checkNumber('hookMs', options.hookMs ?? 30_000, 1, 3_600_000, problems)
  throwAll(problems)
  return {
    mode: options.mode ?? null,
    limits,
    paths: {
      encodedSlash: paths.encodedSlash ?? 'keep',
      trailingSlash: paths.trailingSlash ?? 'ignore',
      maxLength,
    },
    hookMs,
    router: options.router ?? null,
    onDiagnostic: options.onDiagnostic ?? null,
  }
}

/** The limits of a route: the app's, changed by what the route names. Mistakes are added to `problems`. */
function resolveLimits(
  given: Partial<AppLimits>,
  defaults: AppLimits,
  key: string,
  problems: string[],
): AppLimits {
  for (const name of Object.keys(given)) {
    const value: unknown = Reflect.get(given, name)
    const range: readonly [number, number] | undefined = Object.hasOwn(limitRanges, name)
      ? limitRanges[name as keyof AppLimits] // `hasOwn` has just proved it.
      : undefined
    if (range === undefined)
      problems.push(`${key}.${name}: expected one of ${Object.keys(limitRanges).join(', ')}`)
    else if (value !== undefined) checkNumber(`${key}.${name}`, value, range[0], range[1], problems)
  }
  return Object.freeze({
    bodyBytes: given.bodyBytes ?? defaults.bodyBytes,
    jsonDepth: given.jsonDepth ?? defaults.jsonDepth,
    formFields: given.formFields ?? defaults.formFields,
    handlerMs: given.handlerMs ?? defaults.handlerMs,
  })
}

/** The limits of a route, as `resolveLimits` makes them. */
export function limitsOf(route: PendingRoute, defaults: AppLimits, problems: string[]): AppLimits {
  return resolveLimits(
    route.options.limits ?? {},
    defaults,
    `${route.method} ${route.pattern} limits`,
    problems,
  )
}

/** Throws `OPTIONS_INVALID` with all the problems, if there is one. */
export function throwAll(problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new RockstarError(
    'OPTIONS_INVALID',
    `The options of the app are wrong:\n  ${problems.join('\n  ')}`,
    {
      details: { problems },
    },
  )
}

function checkNumber(key: string, value: unknown, min: number, max: number, problems: string[]): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  problems.push(`${key}: expected a whole number from ${min} to ${max}, got ${String(value).slice(0, 40)}`)
  return min
}

function checkChoice(key: string, value: unknown, problems: string[]): void {
  const allowed = choices[key] ?? []
  if (allowed.includes(value)) return
  const names = allowed.filter((one) => one !== undefined).join(', ')
  problems.push(`${key}: expected one of ${names}, got ${String(value).slice(0, 40)}`)
}
