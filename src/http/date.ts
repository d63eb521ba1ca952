const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Sun, 06 Nov 1994 08:49:37 GMT`: day, month, year, hour, minute, second. */
const fixdate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/
/** `Sunday, 06-Nov-94 08:49:37 GMT`, in the same order. */
const rfc850Date =
  /^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/
/** `Sun Nov  6 08:49:37 1994`: month, day, hour, minute, second, year. */
const asctimeDate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ( \d|\d\d) (\d\d):(\d\d):(\d\d) (\d{4})$/

/**
 * Reads a date in any of the three formats of RFC 9110 §5.6.7. Returns milliseconds since the Unix epoch, or null for
 * anything else: other formats that a runtime's own parser might take are no HTTP dates. `nowMs` decides the century
 * of the obsolete format with two digits. A leap second counts as the second after it.
 */
export function parseHttpDate(text: string, nowMs: number): number | null {
  const fixed = fixdate.exec(text)
  if (fixed !== null) return toTime(fixed[1], fixed[2], Number(fixed[3]), fixed[4], fixed[5], fixed[6])
  const dashed = rfc850Date.exec(text)
  if (dashed !== null) {
    return toTime(dashed[1], dashed[2], fullYear(Number(dashed[3]), nowMs), dashed[4], dashed[5], dashed[6])
  }
  const spaced = asctimeDate.exec(text)
  if (spaced !== null) return toTime(spaced[2], spaced[1], Number(spaced[6]), spaced[3], spaced[4], spaced[5])
  return null
}

/**
 * Writes a moment, in milliseconds since the Unix epoch, in the preferred format of RFC 9110 §5.6.7. Parts of a second
 * are cut off. Throws `RangeError` for a moment outside of the years 1 to 9999.
 */
export function formatHttpDate(timeMs: number): string {
  const date = new Date(timeMs)
  const year = date.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) {
    throw new RangeError(`Expected a moment in the years 1 to 9999, got ${timeMs} ms`)
  }
  return date.toUTCString()
}

/** RFC 9110 §5.6.7: a year that seems more than 50 years ahead is the latest one in the past with these digits. */
function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear()
  const year = thisYear - (thisYear % 100) + twoDigits
  return year > thisYear + 50 ? year - 100 : year
}

type Digits = string | undefined

function toTime(
  day: Digits,
  month: Digits,
  year: number,
  hour: Digits,
  minute: Digits,
  second: Digits,
): number | null {
  const monthIndex = monthNames.indexOf(month ?? '')
  const midnight = Date.UTC(year, monthIndex, Number(day))
  const date = new Date(midnight)
  // A day or month that does not exist rolls over to another one.
  if (monthIndex === -1 || date.getUTCDate() !== Number(day) || date.getUTCFullYear() !== year) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null
  return midnight + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000
}
