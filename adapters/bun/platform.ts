import type { DiagnosticEvent, DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { Peer, Platform, PlatformStores } from '../../src/platform/index.ts'
import { systemClock, systemRandom } from '../../src/platform/index.ts'
import type { BunServer } from './bun.ts'
import { requireBun } from './bun.ts'
import type { Draining } from '../process/index.ts'
import { createWorks, formatEvent, readNativeBody } from '../process/index.ts'
import { createResponseFactory } from './response.ts'
import { chooseBunStores } from './stores.ts'
import type { Sockets } from './websocket.ts'
import { createSockets } from './websocket.ts'

/** Bun's Platform, and the work that it still waits for. */
export interface BunPlatform extends Platform {
  /** Resolves when all work that was handed to `waitUntil` has ended, or after `timeoutMs`. */
  idle(timeoutMs: number): Promise<void>
}

/** What a Bun platform may be told. */
export interface BunPlatformOptions {
  /** Where log lines go. Default: standard error, JSON, or plain text where that is a terminal. */
  readonly log?: DiagnosticListener
  /** Default: those that the environment names, opened on first use. */
  readonly stores?: PlatformStores
}

/** A Platform and what the server behind it brings and needs. */
export interface BunPlatformParts {
  readonly platform: BunPlatform
  readonly sockets: Sockets
  /**
   * Tells the Platform its server, which knows the peers and accepts WebSockets, and what is spoken there: `HTTP`
   * without a version where that may be several, because Bun tells nobody which.
   */
  attach(server: BunServer, protocol: 'HTTP' | 'HTTP/1.1'): void
}

/**
 * Makes the Platform of a Bun process. Its server is told later. `draining` is of whoever stops the server, null where
 * nobody tells.
 */
export function createBunPlatform(
  options: BunPlatformOptions,
  maxMessageBytes: number,
  draining: Draining | null,
): BunPlatformParts {
  const { env } = requireBun()
  const log = options.log ?? writeLine
  const works = createWorks(log)
  const sockets = createSockets(maxMessageBytes)
  let own: BunServer | null = null
  let spoken = 'HTTP/1.1'
  const platform: BunPlatform = {
    brand: 'rockstar.platform',
    runtime: 'bun',
    env,
    capabilities: new Set(['files', 'peer-address', 'tcp', 'timers', 'wait-until', 'websocket']),
    clock: systemClock(),
    random: systemRandom(),
    createResponse: createResponseFactory(),
    log,
    stores: options.stores ?? chooseBunStores(env, log),
    readBody: readNativeBody,
    waitUntil: works.add,
    peer: (request) => peerOf(own, request, spoken),
    earlyHints: () => false,
    upgradeWebSocket: (request, socketOptions) => sockets.upgrade(own, request, socketOptions),
    ...(draining !== null && { onDraining: draining.on }),
    idle: works.idle,
  }
  return {
    platform,
    sockets,
    attach(server, protocol): void {
      own = server
      spoken = protocol
    },
  }
}

/**
 * The other end, or null when it is not known: Bun forgets it with the connection.
 *
 * Security: an unknown address must not look like that of a Unix socket, which trust rules take for a proxy of ours.
 */
function peerOf(server: BunServer | null, request: Request, protocol: string): Peer | null {
  if (server === null) return null
  const encrypted = request.url.startsWith('https:')
  if (server.port === undefined) return { address: '', port: 0, encrypted, protocol }
  const remote = server.requestIP(request)
  if (remote === null) return null
  return { address: plainAddress(remote.address), port: remote.port, encrypted, protocol }
}

/** Without the zone (RFC 4007 §11), and as IPv4 where a socket for both families maps it (RFC 4291 §2.5.5.2). */
function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
}

function writeLine(event: DiagnosticEvent): void {
  process.stderr.write(formatEvent(event, process.stderr.isTTY === true))
}
