/** An IP address as 16 bytes: IPv4 in its mapped form (RFC 4291 §2.5.5.2). */
export type Address = readonly number[]

/** A range of addresses. */
export interface AddressRange {
  readonly base: Address
  /** 0 to 128. */
  readonly prefixBits: number
}

const maxTextLength = 60

/** Reads an IPv4 or IPv6 address, with or without brackets, port and zone; null for anything else. */
export function parseAddress(text: string): Address | null {
  if (text.length > maxTextLength) return null
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)
  const bare = bracketed?.[1] ?? text
  const v4 = /^(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?$/.exec(bare)
  if (v4 !== null) return bracketed === null ? mapped(parseV4(v4[1] ?? '')) : null
  return parseV6(bare.replace(/%.*$/, ''))
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

/** Reads `10.0.0.0/8`, `2001:db8::/32` or a single address; null for anything else. */
export function parseRange(text: string): AddressRange | null {
  const [addressText = '', bitsText, ...more] = text.split('/')
  const base = parseAddress(addressText)
  if (base === null || more.length > 0 || addressText.startsWith('[')) return null
  const width = isMapped(base) ? 32 : 128
  if (bitsText === undefined) return { base, prefixBits: 128 }
  const bits = /^\d{1,3}$/.test(bitsText) ? Number(bitsText) : Number.NaN
  return bits <= width ? { base, prefixBits: bits + 128 - width } : null
}

/** Is the address in the range? */
export function isInRange(address: Address, range: AddressRange): boolean {
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

function mapped(v4: number[] | null): Address | null {
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
  const [head, tail] = halves.map((half) => parseGroups(half))
  if (head === null || head === undefined || tail === null) return null
  if (tail === undefined) return head.length === 16 ? head : null
  const missing = 16 - head.length - tail.length
  return missing < 2 ? null : [...head, ...Array.from({ length: missing }, () => 0), ...tail]
}

function parseGroups(text: string): number[] | null {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const v4 = index === groups.length - 1 ? parseV4(group) : null
      if (v4 === null) return null
      bytes.push(...v4)
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16)
      bytes.push(value >> 8, value & 255)
    } else return null
  }
  return bytes
}
