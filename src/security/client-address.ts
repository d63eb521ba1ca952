import type { CoreContext } from '../context/index.ts'
import { resolveClient } from '../http/index.ts'

/**
 * The network that a client's address stands for, as text: an IPv4 address itself, of IPv6 the first `prefixBits`
 * bits. `unknown` where the runtime does not tell: all of these are one.
 *
 * Security: one who has IPv6 has at least 2^64 addresses, and could use another one for each request.
 */
export function networkOf(ctx: CoreContext, prefixBits: number): string {
  const address = addressOf(ctx)
  if (address === '') return 'unknown'
  return address.includes(':') ? prefixOf(address, prefixBits) : address
}

/** After the rules of trust where the app has the service `client`, else the other end of the connection. */
function addressOf(ctx: CoreContext): string {
  const client: unknown = 'client' in ctx ? ctx.client : null
  if (
    typeof client === 'object' &&
    client !== null &&
    'address' in client &&
    typeof client.address === 'string'
  )
    return client.address
  const peer = ctx.platform.peer(ctx.request)
  return resolveClient({ peer, scheme: 'http', host: '' }, ctx.headers, []).address
}

/** Of an address as RFC 5952 writes it, which is how it came from the rules of trust. */
function prefixOf(address: string, prefixBits: number): string {
  const [head = '', tail] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  const groups = [...left, ...zeros, ...right].map((group, index) => {
    const bits = Math.min(16, Math.max(0, prefixBits - index * 16))
    return (Number.parseInt(group, 16) & (0xffff << (16 - bits)) & 0xffff).toString(16)
  })
  return `${groups.join(':')}/${prefixBits}`
}
