import { toHeaderName } from '../../http/index.ts'
import type { CacheContext } from '../contract.ts'
import { readLifetimes, whole, type Lifetimes } from '../options.ts'
import type { ResponseCacheOptions } from './contract.ts'

/** The options of `cacheResponse`, complete. */
export interface ResponseRules {
  readonly defaults: Lifetimes & { readonly negativeTtlMs: number }
  readonly vary: readonly string[]
  readonly varyValue: (name: string, value: string | null, ctx: CacheContext) => string
  readonly tags: (ctx: CacheContext) => readonly string[]
  readonly partition: ((ctx: CacheContext) => string | null) | null
  readonly ignoresCookies: boolean
  /** The parameters that count; null: all. */
  readonly query: ReadonlySet<string> | null
  readonly obeyRequest: boolean
  readonly ignoreFields: ReadonlySet<string>
  readonly maxBodyBytes: number
  readonly maxBodyMs: number
  readonly etag: boolean
}

/** Completes the options. `RangeError` for one out of range, `HEADER_INVALID` for a name that no field has. */
export function readResponseRules(options: ResponseCacheOptions): ResponseRules {
  const { partition = null, query = 'all', tags = [] } = options
  const negativeTtlMs = readLifetimes({ ttlMs: options.negativeTtlMs }, 0).ttlMs
  const vary = [...new Set((options.vary ?? []).map(toHeaderName))]
  return {
    defaults: { ...readLifetimes(options, 0), negativeTtlMs },
    vary,
    varyValue: options.varyValue ?? ((_name, value) => plainValue(value)),
    tags: typeof tags === 'function' ? tags : () => tags,
    partition,
    ignoresCookies: options.cookies === 'ignore' || partition !== null || vary.includes('cookie'),
    query: query === 'all' ? null : new Set(query === 'none' ? [] : query),
    obeyRequest: options.obeyRequest ?? true,
    ignoreFields: new Set((options.ignoreFields ?? []).map(toHeaderName)),
    maxBodyBytes: whole('maxBodyBytes', options.maxBodyBytes ?? 512 * 1024, 0, 2 ** 30),
    maxBodyMs: whole('maxBodyMs', options.maxBodyMs ?? 1000, 0, 60_000),
    etag: options.etag ?? true,
  }
}

/** RFC 9111 §4.1: blanks around the elements of a list make no difference. A field that is there differs from none. */
function plainValue(value: string | null): string {
  if (value === null) return ''
  return `=${value
    .split(',')
    .map((element) => element.trim())
    .join(',')}`
}
