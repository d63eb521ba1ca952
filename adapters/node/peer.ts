import type { Socket } from 'node:net'
import type { Peer } from '../../src/platform/index.ts'

/** The other end of a socket, as far as it is known. */
export function peerOf(socket: Socket | undefined, encrypted: boolean, protocol: string): Peer {
  return { address: socket?.remoteAddress ?? '', port: socket?.remotePort ?? 0, encrypted, protocol }
}
