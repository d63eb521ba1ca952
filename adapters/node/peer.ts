import type { Socket } from 'node:net'
import type { Peer } from '../../src/platform/index.ts'

/**
 * The other end of a socket, or null when it is no longer known: Node forgets the address when the connection closes,
 * unless somebody asked before.
 *
 * Security: an unknown address must not look like that of a Unix socket, which trust rules take for a proxy of ours.
 */
export function peerOf(
  socket: Socket | undefined,
  isUnix: boolean,
  encrypted: boolean,
  protocol: string,
): Peer | null {
  if (isUnix) return { address: '', port: 0, encrypted, protocol }
  const address = socket?.remoteAddress
  if (address === undefined) return null
  return { address: plainAddress(address), port: socket?.remotePort ?? 0, encrypted, protocol }
}

/** Without the zone (RFC 4007 §11), and as IPv4 where a socket for both families maps it (RFC 4291 §2.5.5.2). */
function plainAddress(address: string): string {
  if (address.startsWith('::ffff:') && address.includes('.')) return address.slice(7)
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
}
