import type { Diagnostics } from '../diagnostics/index.ts'
import type { ErrorCode, HttpError } from '../errors/index.ts'
import type { CoreContext, RouteLimits, ServiceFactory } from './contract.ts'

/** What all contexts of one app share. */
export interface Environment {
  readonly diagnostics: Diagnostics
  /** Do answers show messages and stacks? */
  readonly development: boolean
  /** Status and header fields of the answer to an error that is no `HttpError`. Default: 500. */
  readonly answerTo?: (code: ErrorCode) => Pick<HttpError, 'status' | 'headers'> | null
  /** The title of a problem that gives none. Default: none. */
  readonly phraseOf?: (status: number) => string
}

/** What the contexts of an app with bounds share. Frozen at start. */
export interface BoundedEnvironment extends Environment {
  readonly limits: RouteLimits
  /** The URL after the rules of trust; null uses what the request says of itself. */
  readonly urlOf: ((ctx: CoreContext) => string) | null
  readonly services: Readonly<Record<string, ServiceFactory>>
}
