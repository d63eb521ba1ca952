import type { Diagnostics } from '../diagnostics/index.ts'
import type { Context, RouteLimits, ServiceFactory } from './contract.ts'

/** Scheme and host as the client used them. */
export interface Origin {
  /** `http` or `https`. */
  readonly scheme: string
  /** Host and port as in a URL. */
  readonly host: string
}

/** What all contexts of one app share. Frozen at start. */
export interface Environment {
  readonly limits: RouteLimits
  readonly diagnostics: Diagnostics
  /** Do answers show messages and stacks? */
  readonly development: boolean
  /** The rules of trust; null uses what the request says of itself. */
  readonly resolveOrigin: ((ctx: Context) => Origin) | null
  readonly services: Readonly<Record<string, ServiceFactory>>
}
