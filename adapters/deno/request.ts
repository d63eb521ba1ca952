import type { Peer } from '../../src/platform/index.ts'
import type { DenoServeInfo } from './deno.ts'

const connection = Symbol('connection')

/** What a request came on, and who watches whether its client is still there. */
export interface Connection {
  readonly info: DenoServeInfo
  /** Null as long as nobody has asked for the signal. */
  watch: Watch | null
}

/** The signal that a handler sees. */
export interface Watch {
  readonly abort: AbortController
  /** Was the answer handed over as a whole? From then on Deno's own signal says nothing. */
  isAnswered: boolean
}

/** A request of Deno's with what it came on. */
interface ConnectedRequest extends Request {
  [connection]?: Connection
}

/** Deno's own signal, which aborts when the answer has been sent, too. */
const nativeSignal = Object.getOwnPropertyDescriptor(Request.prototype, 'signal')?.get

/** One for all requests: a closure per request would cost as much again. */
const signalDescriptor: PropertyDescriptor & ThisType<ConnectedRequest> = {
  configurable: true,
  get(this: ConnectedRequest): AbortSignal {
    return signalOf(this)
  },
}

/**
 * Tells a request what it came on, and gives it a signal that aborts when the client is gone and not, as Deno's own
 * does, when the answer has been sent: work after the answer would stop there.
 */
export function connect(request: Request, info: DenoServeInfo): Connection {
  const own: ConnectedRequest = request
  const made: Connection = { info, watch: null }
  own[connection] = made
  Object.defineProperty(own, 'signal', signalDescriptor)
  return made
}

function signalOf(request: ConnectedRequest): AbortSignal {
  const source: AbortSignal = nativeSignal?.call(request)
  const own = request[connection]
  if (own === undefined) return source
  if (own.watch !== null) return own.watch.abort.signal
  const watch: Watch = { abort: new AbortController(), isAnswered: false }
  own.watch = watch
  if (source.aborted) watch.abort.abort(source.reason)
  else
    source.addEventListener(
      'abort',
      () => {
        if (!watch.isAnswered) watch.abort.abort(source.reason)
      },
      { once: true },
    )
  return watch.abort.signal
}

/**
 * The other end, or null when it is not known, as for a request that did not come through `serve` or `handler`.
 *
 * Security: an unknown address must not look like that of a Unix socket, which trust rules take for a proxy of ours.
 */
export function peerOf(request: Request): Peer | null {
  const own: ConnectedRequest = request
  const remote = addressOf(own[connection])
  if (remote === null) return null
  const encrypted = request.url.startsWith('https:')
  // Deno does not tell the version. HTTP/1.1 needs a Host field (RFC 9112 §3.2); HTTP/2 has `:authority` instead.
  const protocol = request.headers.has('host') ? 'HTTP/1.1' : 'HTTP/2'
  if (remote.transport === 'unix') return { address: '', port: 0, encrypted, protocol }
  if (remote.hostname === undefined) return null
  return { address: plainAddress(remote.hostname), port: remote.port ?? 0, encrypted, protocol }
}

function addressOf(own: Connection | undefined): DenoServeInfo['remoteAddr'] | null {
  try {
    return own?.info.remoteAddr ?? null
  } catch {
    // Deno forgets it with the request.
    return null
  }
}

/** Without the zone (RFC 4007 §11), and as IPv4 where a socket for both families maps it (RFC 4291 §2.5.5.2). */
function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
}
