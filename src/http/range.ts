/** Bytes of a representation, first and last position, both included (RFC 9110 §14.1.2). */
export interface ByteRange {
  /** 0 to the size of the representation minus 1. */
  readonly start: number
  /** `start` to the size of the representation minus 1. */
  readonly end: number
}

/** Most ranges of one request. */
const maxRanges = 16
/** Longest value of `Range` that is read: 16 ranges of two 15-digit numbers each, with room to spare. */
const maxLength = 1024
/** A gap smaller than the head of a part is cheaper to send than to leave out (RFC 9110 §15.3.7.2). */
const smallestGap = 80

const rangeForm = /^(\d*)-(\d*)$/

/**
 * Reads a `Range` field for a representation of `sizeBytes`. Ranges that overlap or nearly touch become one; the
 * order is that of the request. Returns
 * - one to 16 ranges that do not overlap,
 * - `unsatisfiable` when none of them reaches into the representation (416),
 * - null when the field is to be ignored (RFC 9110 §14.2): malformed, another unit than bytes, more than 16 ranges,
 *   more than two that overlap, or a suffix of an empty representation, which no `Content-Range` could express.
 */
export function parseRange(value: string, sizeBytes: number): readonly ByteRange[] | 'unsatisfiable' | null {
  // RFC 9110 §14.1: names of units are case-insensitive.
  if (value.length > maxLength || value.slice(0, 6).toLowerCase() !== 'bytes=') return null
  const ranges: ByteRange[] = []
  let seen = 0
  for (const element of value.slice(6).split(',')) {
    const text = element.trim()
    // RFC 9110 §5.6.1.2: empty elements of a list are skipped.
    if (text === '') continue
    if (++seen > maxRanges) return null
    const range = parseElement(text, sizeBytes)
    if (range === null) return null
    if (range !== 'unsatisfiable') ranges.push(range)
  }
  if (seen === 0) return null
  if (ranges.length === 0) return 'unsatisfiable'
  return ranges.length === 1 ? ranges : coalesce(ranges)
}

/** The value of `Content-Range` for one range, or for none (416) (RFC 9110 §14.4). */
export function formatContentRange(range: ByteRange | null, sizeBytes: number): string {
  return range === null ? `bytes */${sizeBytes}` : `bytes ${range.start}-${range.end}/${sizeBytes}`
}

function parseElement(text: string, sizeBytes: number): ByteRange | 'unsatisfiable' | null {
  const match = rangeForm.exec(text)
  const first = match?.[1] ?? ''
  const last = match?.[2] ?? ''
  if (first === '' && last === '') return null
  if (first === '') {
    // A suffix: the last so many bytes.
    const length = Number(last)
    if (length === 0) return 'unsatisfiable'
    return sizeBytes === 0 ? null : { start: Math.max(0, sizeBytes - length), end: sizeBytes - 1 }
  }
  const start = Number(first)
  const end = last === '' ? Infinity : Number(last)
  // RFC 9110 §14.1.1: such a range makes the whole field invalid.
  if (end < start) return null
  return start >= sizeBytes ? 'unsatisfiable' : { start, end: Math.min(end, sizeBytes - 1) }
}

/** Security: many ranges over the same bytes would multiply what one request costs (RFC 9110 §17.15). */
function coalesce(ranges: readonly ByteRange[]): readonly ByteRange[] | null {
  const overlapping = ranges.filter((range) =>
    ranges.some((other) => other !== range && other.start <= range.end && range.start <= other.end),
  )
  if (overlapping.length > 2) return null
  const merged: ByteRange[] = []
  for (const range of ranges) {
    let { start, end } = range
    let place = merged.length
    // From the back, so that taking one out does not move those that are still to be looked at.
    for (let index = merged.length - 1; index >= 0; index--) {
      const other = merged[index]
      if (other === undefined || other.start > end + smallestGap || start > other.end + smallestGap) continue
      start = Math.min(start, other.start)
      end = Math.max(end, other.end)
      merged.splice(index, 1)
      place = index
    }
    merged.splice(place, 0, { start, end })
  }
  return merged
}
