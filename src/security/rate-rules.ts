import { RockstarError } from '../errors/index.ts'
import type { KeyValueCapability, KeyValueStore } from '../stores/key-value/index.ts'
import { isKeyValueStore } from '../stores/key-value/index.ts'
import type { RateLimitAlgorithm, RateLimiterOptions, RateLimitRule } from './contract.ts'
import type { Problems } from './problems.ts'
import { createProblems, show } from './problems.ts'

/** The options of `createRateLimiter`, complete and checked. */
export interface ResolvedLimiter {
  readonly rules: readonly Required<RateLimitRule>[]
  /** Null: the memory of this process. */
  readonly store: KeyValueStore | null
  readonly onStoreDown: 'allow' | 'refuse'
  readonly timeoutMs: number
  readonly keyPrefix: string
}

const day = 86_400_000
const maxRules = 10
/** What the limiter adds to prefix and name: a digest, the number of a window, separators. */
const maxKeyTail = 90
const known: readonly (keyof RateLimiterOptions)[] = [
  'rules',
  'store',
  'onStoreDown',
  'timeoutMs',
  'keyPrefix',
]
const knownOfRule: readonly string[] = ['name', 'limit', 'windowMs', 'algorithm', 'burst']
const algorithms: readonly RateLimitAlgorithm[] = ['sliding-window', 'fixed-window', 'token-bucket']

/** Checks the options all at once; a store that cannot do what its rules need is `STORE_UNSUPPORTED`. */
export function resolveLimiter(options: RateLimiterOptions): ResolvedLimiter {
  const problems = createProblems('createRateLimiter')
  problems.names(options, known)
  const rules = resolveRules(options.rules, problems)
  const { store = null, keyPrefix = 'rate:' } = options
  if (store !== null && !isKeyValueStore(store))
    problems.add(`store: expected a KeyValueStore, got ${show(store)}`)
  if (store !== null && options.onStoreDown === undefined)
    problems.add(
      'onStoreDown: expected allow or refuse, what a store that is down means has to be chosen with it',
    )
  const onStoreDown = problems.choice('onStoreDown', options.onStoreDown ?? 'refuse', ['refuse', 'allow'])
  const timeoutMs = problems.whole('timeoutMs', options.timeoutMs, 500, [1, 60_000])
  if (typeof keyPrefix !== 'string' || !/^[\x21-\x7e]{1,100}$/.test(keyPrefix))
    problems.add(`keyPrefix: expected 1 to 100 visible ASCII characters, got ${show(keyPrefix)}`)
  problems.throwAll()
  if (store !== null) assertStore(store, rules, keyPrefix)
  return { rules, store, onStoreDown, timeoutMs, keyPrefix }
}

function resolveRules(given: unknown, problems: Problems): Required<RateLimitRule>[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > maxRules) {
    problems.add(`rules: expected a list of 1 to ${maxRules} rules`)
    return []
  }
  const list: readonly unknown[] = given
  const rules = list.map((rule, index) => {
    if (typeof rule !== 'object' || rule === null) {
      problems.add(`rules[${index}]: expected a rule, got ${show(rule)}`)
      return resolveRule({ limit: 1, windowMs: 1000 }, '', problems)
    }
    // Each member is looked at below.
    return resolveRule(rule as RateLimitRule, list.length === 1 ? '' : `rules[${index}].`, problems)
  })
  if (new Set(rules.map(({ name }) => name)).size < rules.length)
    problems.add('rules: expected a name of its own for each rule')
  return rules
}

function resolveRule(rule: RateLimitRule, key: string, problems: Problems): Required<RateLimitRule> {
  for (const name of Object.keys(rule))
    if (!knownOfRule.includes(name))
      problems.add(`${key}${name.slice(0, 40)}: expected one of ${knownOfRule.join(', ')}, this is none`)
  const { name = 'default' } = rule
  if (typeof name !== 'string' || !/^[\w-]{1,40}$/.test(name))
    problems.add(`${key}name: expected 1 to 40 letters, digits, - and _, got ${show(name)}`)
  // Without a default each must be there.
  const limit = problems.whole(`${key}limit`, rule.limit ?? null, 1, [1, 1_000_000_000])
  const windowMs = problems.whole(`${key}windowMs`, rule.windowMs ?? null, 1000, [1000, 31 * day])
  const algorithm = problems.choice(`${key}algorithm`, rule.algorithm ?? 'sliding-window', algorithms)
  if (rule.burst !== undefined && algorithm !== 'token-bucket')
    problems.add(`${key}burst: expected it with the algorithm token-bucket alone`)
  const burst = problems.whole(`${key}burst`, rule.burst, limit, [1, 1_000_000_000])
  return Object.freeze({ name, limit, windowMs, algorithm, burst })
}

/** A limit that is counted weakly is none: what the store lacks is said now. */
function assertStore(
  store: KeyValueStore,
  rules: readonly Required<RateLimitRule>[],
  keyPrefix: string,
): void {
  const problems: string[] = []
  for (const { name, algorithm } of rules) {
    const isBucket = algorithm === 'token-bucket'
    const needed: readonly KeyValueCapability[] = ['ttl', isBucket ? 'compare-and-set' : 'increment']
    for (const capability of needed) {
      if (store.capabilities.has(capability)) continue
      const other = isBucket && store.capabilities.has('increment') ? 'the algorithm sliding-window, or ' : ''
      problems.push(
        `Expected a store with ${capability} for the rate limit ${name} (${algorithm}), ${store.name} has none; use ${other}memory, redis or sql`,
      )
    }
    if (keyPrefix.length + name.length + maxKeyTail > store.limits.maxKeyBytes)
      problems.push(
        `Expected a store with keys of ${keyPrefix.length + name.length + maxKeyTail} bytes, ${store.name} has ${store.limits.maxKeyBytes}; use a shorter keyPrefix`,
      )
  }
  if (problems.length > 0)
    throw new RockstarError('STORE_UNSUPPORTED', problems.join('\n'), { details: { problems } })
}
