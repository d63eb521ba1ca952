import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { PlatformStores } from '../../src/platform/index.ts'

/** Options of `handler` and `streamHandler`. */
export interface LambdaOptions {
  /**
   * A prefix that is taken off every path, such as the base path of a custom domain: `/shop`. A path that does not
   * begin with it stays as it is. Default: none.
   */
  readonly basePath?: string
  /**
   * An HTTP API puts the name of its stage before the path, unless it is `$default`: `/prod/users`. `strip` takes it
   * off, `keep` leaves it. Default: `strip`.
   */
  readonly stagePrefix?: 'strip' | 'keep'
  /**
   * How long before the function's own timeout a request is given up, in milliseconds, 0 to 60,000: its signal aborts,
   * the client gets 504, and work that was handed to `waitUntil` is left. Default: 500.
   */
  readonly marginMs?: number
  /**
   * The path of the route that is the endpoint of a WebSocket API: `/ws`. Events of such an API are a `TypeError`
   * without it. Default: none.
   */
  readonly webSocketPath?: string
  /**
   * Where messages to the clients of a WebSocket API are sent: the URL of the API's stage. Default: that of the event's
   * API in this region.
   */
  readonly webSocketEndpoint?: string
  /** Where log lines go. Default: standard error, one line of JSON each, which CloudWatch Logs keeps. */
  readonly log?: DiagnosticListener
  /** Default: those that the environment names, opened on first use. */
  readonly stores?: PlatformStores
}

/** The options, complete. */
export interface ResolvedOptions {
  readonly basePath: string
  readonly stagePrefix: 'strip' | 'keep'
  readonly marginMs: number
  readonly webSocketPath: string | null
  readonly webSocketEndpoint: string | null
  readonly log: DiagnosticListener | null
  readonly stores: PlatformStores | null
}

const known = ['basePath', 'stagePrefix', 'marginMs', 'webSocketPath', 'webSocketEndpoint', 'log', 'stores']
const maxMarginMs = 60_000

/** Checks the options. `OPTIONS_INVALID` lists every mistake. */
export function resolveOptions(options: LambdaOptions): ResolvedOptions {
  const { basePath = '', stagePrefix = 'strip', marginMs = 500, log = null, stores = null } = options
  const { webSocketPath = null, webSocketEndpoint = null } = options
  const problems = Object.keys(options)
    .filter((key) => !known.includes(key))
    .map((key) => `${key.slice(0, 40)}: expected one of ${known.join(', ')}`)
  if (basePath !== '' && (typeof basePath !== 'string' || !/^(?:\/[\w.~-]+)+$/.test(basePath)))
    problems.push('basePath: expected a path such as /shop, without a slash at its end')
  if (stagePrefix !== 'strip' && stagePrefix !== 'keep') problems.push('stagePrefix: expected strip or keep')
  if (!Number.isInteger(marginMs) || marginMs < 0 || marginMs > maxMarginMs)
    problems.push(`marginMs: expected a whole number from 0 to ${maxMarginMs}`)
  if (webSocketPath !== null && (typeof webSocketPath !== 'string' || !/^\/[\w/.~-]*$/.test(webSocketPath)))
    problems.push('webSocketPath: expected a path such as /ws')
  if (webSocketEndpoint !== null && !/^https?:$/.test(URL.parse(webSocketEndpoint)?.protocol ?? ''))
    problems.push('webSocketEndpoint: expected the URL of the stage of a WebSocket API')
  if (log !== null && typeof log !== 'function') problems.push('log: expected a function')
  if (stores !== null && typeof stores !== 'object') problems.push('stores: expected an object')
  if (problems.length > 0)
    throw new RockstarError(
      'OPTIONS_INVALID',
      `The options of the handler are wrong:\n  ${problems.join('\n  ')}`,
      {
        details: { problems },
      },
    )
  return Object.freeze({ basePath, stagePrefix, marginMs, webSocketPath, webSocketEndpoint, log, stores })
}
