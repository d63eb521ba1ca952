import type { Peer } from '../../src/platform/index.ts'
import type { ConnectionFacts } from './cloudflare.ts'

/**
 * The client as Cloudflare's edge saw it: `CF-Connecting-IP`, which the edge sets itself, and `request.cf`. The port is
 * 0, because the edge does not tell. Null where the field is missing or holds no address: then another Worker asks, or
 * a tool that plays the edge.
 *
 * Security: a Worker that calls this one by a service binding writes the field as it likes, and is believed.
 */
export function peerOf(request: Request): Peer | null {
  const address = plainAddress(request.headers.get('cf-connecting-ip'))
  if (address === null) return null
  // Only workerd's request has it.
  const { cf } = request as Request & { readonly cf?: ConnectionFacts | null }
  const protocol = typeof cf?.httpProtocol === 'string' ? cf.httpProtocol.slice(0, 16) : 'HTTP/1.1'
  return { address, port: 0, encrypted: request.url.startsWith('https:'), protocol }
}

/** As IPv4 where it is mapped into IPv6 (RFC 4291 §2.5.5.2). Null for what cannot be an address. */
function plainAddress(text: string | null): string | null {
  if (text === null || !/^[\da-f.:]{2,45}$/i.test(text)) return null
  return /^::ffff:/i.test(text) && text.includes('.') ? text.slice(7) : text
}
