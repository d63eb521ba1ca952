import { RockstarError } from '../errors/index.ts'
import type { Peer } from '../platform/contract.ts'
import type { AddressRange } from './address.ts'
import { formatAddress, isInRange, parseAddress, parseRange } from './address.ts'

/** Who is at the other end, after the rules of trust. */
export interface Client {
  /** The IP address as text; `''` where the runtime does not tell. */
  readonly address: string
  /** `http` or `https`, as the client used it. */
  readonly scheme: 'http' | 'https'
  /** Host and port as the client used them. */
  readonly host: string
}

/** What is known without any header that a client could have written. */
export interface DirectFacts {
  readonly peer: Peer | null
  readonly scheme: 'http' | 'https'
  readonly host: string
}

/** Whose forwarding fields are believed. */
export type Trust = readonly AddressRange[]

/** One hop as a proxy describes the one before it. */
interface Hop {
  readonly address: string | undefined
  readonly proto: string | undefined
  readonly host: string | undefined
}

const maxHops = 50
const maxFieldLength = 8192
const keywords: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1'],
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    '169.254.0.0/16',
    'fc00::/7',
    'fe80::/10',
  ],
}

/** Reads addresses, CIDR ranges and the keywords `loopback` and `private`. `OPTIONS_INVALID` lists all mistakes. */
export function compileTrust(list: readonly string[]): Trust {
  const problems: string[] = []
  const ranges = list.flatMap((text) => {
    const texts = Object.hasOwn(keywords, text) ? (keywords[text] ?? []) : [text]
    return texts.flatMap((one) => {
      const range = parseRange(one)
      if (range === null)
        problems.push(
          `trustProxies: expected an address, a CIDR range, loopback or private, got ${JSON.stringify(text.slice(0, 60))}`,
        )
      return range === null ? [] : [range]
    })
  })
  if (problems.length > 0)
    throw new RockstarError('OPTIONS_INVALID', problems.join('\n'), { details: { problems } })
  return ranges
}

/**
 * Follows the forwarding fields from the last hop towards the client as long as each hop is trusted, at most 50 of
 * them. `X-Forwarded-For`, `-Proto` and `-Host` count before `Forwarded` (RFC 7239), which is read when none of them is
 * there. What is malformed or hidden ends the walk at the last fact that was told by somebody who is trusted; it never
 * throws.
 *
 * Security: a field counts only when the one who wrote it is trusted; everything to its left was written by others. A
 * proxy must therefore set or remove each of these fields: one that it passes on unread is the client's own. Nearly all
 * proxies write `X-Forwarded-For` and know nothing of `Forwarded`, hence the order.
 */
export function resolveClient(direct: DirectFacts, headers: Pick<Headers, 'get'>, trust: Trust): Client {
  const nearest = direct.peer === null ? null : parseAddress(direct.peer.address)
  let client: Client = {
    address: nearest === null ? '' : formatAddress(nearest),
    scheme: direct.scheme,
    host: direct.host,
  }
  if (nearest === null || !isTrusted(nearest, trust)) return client
  const hops = readHops(headers)
  for (const hop of hops.slice(-maxHops).toReversed()) {
    const address = hop.address === undefined ? null : parseAddress(hop.address)
    client = {
      address: address === null ? client.address : formatAddress(address),
      scheme: hop.proto === 'https' || hop.proto === 'http' ? hop.proto : client.scheme,
      host: hop.host !== undefined && isAuthority(hop.host) ? hop.host : client.host,
    }
    if (address === null || !isTrusted(address, trust)) break
  }
  return client
}

/** Is it a host with an optional port, and nothing else (RFC 9110 §7.2)? A URL can be made of it. */
export function isAuthority(text: string): boolean {
  return (
    text.length <= 255 &&
    /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(text) &&
    URL.canParse(`http://${text}`)
  )
}

function isTrusted(address: readonly number[], trust: Trust): boolean {
  return trust.some((range) => isInRange(address, range))
}

function readHops(headers: Pick<Headers, 'get'>): Hop[] {
  const addresses = list(headers.get('x-forwarded-for'))
  const protos = list(headers.get('x-forwarded-proto'))
  const hosts = list(headers.get('x-forwarded-host'))
  // A proxy adds to the end; a field that is shorter was not written by the hops to the left.
  const length = Math.max(addresses.length, protos.length, hosts.length)
  if (length === 0) return parseForwarded(lastOf(headers.get('forwarded') ?? ''))
  return Array.from({ length }, (_, index) => ({
    address: addresses[index - (length - addresses.length)],
    proto: protos[index - (length - protos.length)]?.toLowerCase(),
    host: hosts[index - (length - hosts.length)],
  }))
}

/** RFC 7239 §4. An element that is malformed has no facts, which ends the walk there. */
function parseForwarded(field: string): Hop[] {
  const elements = splitOutsideQuotes(field, ',').filter((element) => element.trim() !== '')
  return elements.map((element) => {
    const facts = new Map<string, string>()
    for (const pair of splitOutsideQuotes(element, ';')) {
      if (pair.trim() === '') continue
      const match = /^\s*([!#$%&'*+\-.^_`|~\w]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*))\s*$/.exec(pair)
      const name = match?.[1]?.toLowerCase()
      if (name === undefined || facts.has(name))
        return { address: undefined, proto: undefined, host: undefined }
      facts.set(name, match?.[3] ?? (match?.[2] ?? '').replace(/\\(.)/g, '$1'))
    }
    return { address: facts.get('for'), proto: facts.get('proto')?.toLowerCase(), host: facts.get('host') }
  })
}

/**
 * Security: a quote that nobody closes is none. A client that sends one would else swallow what the proxies behind it
 * added.
 */
function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = []
  let start = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (quoted && character === '\\') index++
    else if (character === '"') quoted = !quoted
    else if (!quoted && character === separator) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  return quoted ? text.split(separator) : [...parts, text.slice(start)]
}

function list(field: string | null): string[] {
  return field === null || field === ''
    ? []
    : lastOf(field)
        .split(',')
        .map((part) => part.trim())
}

/** The end of a field that is too long, from a comma on: what the nearest proxies added is there. */
function lastOf(field: string): string {
  if (field.length <= maxFieldLength) return field
  const end = field.slice(-maxFieldLength)
  return end.slice((end + ',').indexOf(',') + 1)
}
