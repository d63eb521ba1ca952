import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { peerOf } from '../../../adapters/node/peer.ts'

function socketOf(remoteAddress: string): Socket {
  return { remoteAddress, remotePort: 5 } as Socket
}

const addresses: readonly [string, string][] = [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8::1', '2001:db8::1'],
  ['::ffff:1', '::ffff:1'],
  ['fe80::1%eth0', 'fe80::1'],
]

it.each(addresses)('peerOf() of a socket from %s tells %s', (given, address) => {
  expect(peerOf(socketOf(given), false, true, 'HTTP/2')).toEqual({
    address,
    port: 5,
    encrypted: true,
    protocol: 'HTTP/2',
  })
})

it('peerOf() of a Unix socket has no address', () => {
  expect(peerOf(undefined, true, false, 'HTTP/1.1')).toEqual({
    address: '',
    port: 0,
    encrypted: false,
    protocol: 'HTTP/1.1',
  })
})

it('peerOf() of a connection that is gone is null, so that it is not taken for a Unix socket', () => {
  expect(peerOf({} as Socket, false, false, 'HTTP/1.1')).toBeNull()
})
