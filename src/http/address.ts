/** An IP address as 16 bytes: IPv4 in its mapped form (RFC 4291 §2.5.5.2). */
export type Address = readonly number[]

/** A range of addresses. */
export interface AddressRange {
  readonly base: Address
  /** 0 to 128. */
  readonly prefixBits: number
}

const maxTextLength = 60
/** The prefix under which IPv6 holds all of IPv4. */
const mappedBits = 96

/**
 * Reads an IPv4 or IPv6 address, with or without brackets, port (also an obfuscated one, RFC 7239 §6.3) and zone; null
 * for anything else.
 */
export function parseAddress(text: string): Address | null {
  if (text.length > maxTextLength) return null
  const bracketed = /^\[([^\]]*)\](?::(?:\d{1,5}|_[\w.-]+))?$/.exec(text)
  const bare = bracketed?.[1] ?? text
  const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::(?:\d{1,5}|_[\w.-]+))?$/.exec(bare)
  if (v4 !== null) return bracketed === null ? parseMapped(v4[1] ?? '') : null
  return parseV6(bare.replace(/%[\w.~-]+$/, ''))
}

/** The address as text: IPv4 for a mapped one, else IPv6 as RFC 5952 writes it. */
export function formatAddress(address: Address): string {
  if (isMapped(address)) return address.slice(12).join('.')
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((address[index * 2] ?? 0) << 8) | (address[index * 2 + 1] ?? 0),
  )
  const text = groups.map((group) => group.toString(16)).join(':')
  // The longest run of zero groups, at least two, the first of equals.
  const runs = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].toSorted(
    (left, right) => right[0].length - left[0].length,
  )
  const [longest] = runs
  if (longest === undefined) return text
  const before = text.slice(0, longest.index).replace(/:$/, '')
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '')
  return `${before}::${after}`
}

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32` or a single address, without port and zone; null for anything else. A mapped range
 * has the prefix of IPv6: `::ffff:10.0.0.0/104`.
 */
export function parseRange(text: string): AddressRange | null {
  const [addressText = '', bitsText, ...more] = text.split('/', 3)
  const isV6 = addressText.includes(':')
  const base = /^[\da-f.:]+$/i.test(addressText) ? (isV6 ? parseV6 : parseMapped)(addressText) : null
  if (base === null || more.length > 0) return null
  if (bitsText === undefined) return { base, prefixBits: 128 }
  const bits = /^(?:0|[1-9]\d{0,2})$/.test(bitsText) ? Number(bitsText) : Number.NaN
  const prefixBits = isV6 ? bits : bits + mappedBits
  return prefixBits >= (isMapped(base) ? mappedBits : 0) && prefixBits <= 128 ? { base, prefixBits } : null
}

/** Is the address in the range? The families are apart: no IPv4 address, mapped or not, is in `::/0`. */
export function isInRange(address: Address, range: AddressRange): boolean {
  if (range.prefixBits < mappedBits && isMapped(address)) return false
  for (let bit = 0; bit < range.prefixBits; bit += 8) {
    const left = range.prefixBits - bit
    const mask = left >= 8 ? 255 : (255 << (8 - left)) & 255
    const index = bit >> 3
    if (((address[index] ?? 0) & mask) !== ((range.base[index] ?? 0) & mask)) return false
  }
  return true
}

function isMapped(address: Address): boolean {
  return address.slice(0, 10).every((byte) => byte === 0) && address[10] === 255 && address[11] === 255
}

function parseMapped(text: string): Address | null {
  const v4 = parseV4(text)
  return v4 === null ? null : [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...v4]
}

function parseV4(text: string): number[] | null {
  const parts = text.split('.')
  // A leading zero means octal to some programs.
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255))
    return null
  return parts.map(Number)
}

function parseV6(text: string): Address | null {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1))
  if (head === null || head === undefined || tail === null) return null
  if (tail === undefined) return head.length === 16 ? head : null
  const missing = 16 - head.length - tail.length
  return missing < 2 ? null : [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

/** Groups between colons; the last of all may be an IPv4 address (RFC 4291 §2.2). */
function parseGroups(text: string, isLast: boolean): number[] | null {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const v4 = isLast && index === groups.length - 1 ? parseV4(group) : null
      if (v4 === null) return null
      bytes.push(...v4)
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 255)
    } else return null
  }
  return bytes
}
