import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { Peer } from '../../src/platform/index.ts'
import { createNativeResponse } from '../../src/platform/index.ts'
import type { NodePlatform } from '../node/index.ts'
import { createNodePlatform } from '../node/index.ts'

/** What of somebody else's server a Platform is made for. */
export interface CompatPlatformOptions {
  /** Hears every log event. Default: one line each on standard error. */
  readonly log?: DiagnosticListener
  /**
   * Does the server listen on a Unix socket? Its peers have no address, and trust rules may take them for a proxy.
   * Default: false.
   */
  readonly isUnixSocket?: boolean
}

/** The Platform of one server, and how it learns what its requests came on. */
export interface CompatPlatform {
  readonly platform: NodePlatform
  /** Tells the Platform what `request` came on. Forgotten with the request. */
  attach(request: Request, message: IncomingMessage, response: ServerResponse): void
}

/** What a request came on. */
interface Connection {
  readonly peer: Peer | null
  readonly message: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Makes the Platform of a Node process in which somebody else has the server: that of `serve`, with the native classes
 * instead of our own, because the adapter in between knows nothing of those.
 */
export function createCompatPlatform(options: CompatPlatformOptions): CompatPlatform {
  const connections = new WeakMap<Request, Connection>()
  const platform: NodePlatform = {
    ...createNodePlatform(options.log === undefined ? {} : { log: options.log }),
    createResponse: createNativeResponse,
    peer: (request: Request) => connections.get(request)?.peer ?? null,
    earlyHints: (request: Request, links: readonly string[]) => sendHints(connections.get(request), links),
  }
  return {
    platform,
    attach(request, message, response): void {
      connections.set(request, { peer: peerOf(message, options.isUnixSocket ?? false), message, response })
    },
  }
}

/** Asked when the request comes, because Node forgets the address when the connection closes. */
function peerOf(message: IncomingMessage, isUnix: boolean): Peer | null {
  const { socket } = message
  const { remoteAddress: address, remotePort: port = 0 } = socket
  // Security: an unknown address must not look like that of a Unix socket.
  if (address === undefined && !isUnix) return null
  return {
    address: isUnix ? '' : plainAddress(address ?? ''),
    port: isUnix ? 0 : port,
    encrypted: 'encrypted' in socket,
    protocol: message.httpVersionMajor === 2 ? 'HTTP/2' : `HTTP/${message.httpVersion}`,
  }
}

/** Without the zone (RFC 4007 §11), and as IPv4 where a socket for both families maps it (RFC 4291 §2.5.5.2). */
function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
}

function sendHints(connection: Connection | undefined, links: readonly string[]): boolean {
  if (connection === undefined) return false
  const { message, response } = connection
  if (response.headersSent || response.destroyed || message.httpVersion === '1.0') return false
  response.writeEarlyHints({ link: [...links] })
  return true
}
