/** One range of an `Accept` field, with how much it is wanted. */
interface Preference {
  readonly value: string
  /** 0 to 1000. */
  readonly quality: number
}

const maxRanges = 100

/**
 * The offer that the client wants most (RFC 9110 §12.5.1), or null when it wants none. A more specific range counts
 * before a general one; among equals the order of the offers decides. Without a field, the first offer.
 */
export function negotiateMediaType(header: string | null, offers: readonly string[]): string | null {
  return negotiate(header, offers, mediaTypeFit)
}

/**
 * As `negotiateMediaType`, for `Accept-Language`. The ranges are looked up in the order of their weights (RFC 4647
 * §3.4): for each the offer that is the same, else one that is more exact (`de` finds `de-CH`), else one that is less so
 * (`de-CH` finds `de`). What a range of weight 0 names is not offered.
 */
export function negotiateLanguage(header: string | null, offers: readonly string[]): string | null {
  const preferences = parsePreferences(header)
  if (preferences.length === 0) return offers[0] ?? null
  const left = offers.filter((offer) => qualityOf(offer.toLowerCase(), preferences, languageFit) !== 0)
  const wanted = preferences.filter(({ quality }) => quality > 0)
  // Among equals, what has a name comes before all the rest.
  const inOrder = wanted.toSorted(
    (one, other) => other.quality - one.quality || Number(one.value === '*') - Number(other.value === '*'),
  )
  for (const { value } of inOrder) {
    const found = value === '*' ? left.find((offer) => !isNamed(offer, preferences)) : lookUp(value, left)
    if (found !== undefined) return found
  }
  return null
}

/**
 * As `negotiateMediaType`, for `Accept-Encoding`. `identity` is acceptable unless it is refused, and the only one when
 * the field is empty (RFC 9110 §12.5.3).
 */
export function negotiateEncoding(header: string | null, offers: readonly string[]): string | null {
  const field = header !== null && header.trim() === '' ? 'identity' : header
  return negotiate(
    field,
    offers,
    (range, offer) => (range === offer ? 2 : range === '*' ? 1 : 0),
    (offer) => offer === 'identity',
  )
}

/** How well a range fits an offer: 0 not at all, more is more specific. Both are in lower case. */
type Fit = (range: string, offer: string) => number

function negotiate(
  header: string | null,
  offers: readonly string[],
  fit: Fit,
  isDefault: (offer: string) => boolean = () => false,
): string | null {
  const preferences = parsePreferences(header)
  if (preferences.length === 0) return offers[0] ?? null
  let best: string | null = null
  let bestQuality = 0
  for (const offer of offers) {
    const name = offer.toLowerCase()
    const quality = qualityOf(name, preferences, fit) ?? (isDefault(name) ? 1 : 0)
    if (quality > bestQuality) {
      best = offer
      bestQuality = quality
    }
  }
  return best
}

/** The quality of the most specific range that fits; null when none does. */
function qualityOf(offer: string, preferences: readonly Preference[], fit: Fit): number | null {
  let quality: number | null = null
  let specificity = 0
  for (const preference of preferences) {
    const fits = fit(preference.value, offer)
    if (fits > specificity) {
      specificity = fits
      quality = preference.quality
    }
  }
  return quality
}

/** The ranges of a field in its order, at most 100; none of a field that is absent or empty. */
function parsePreferences(header: string | null): Preference[] {
  return (header ?? '')
    .split(',', maxRanges)
    .map((range): Preference => {
      const [value = '', ...parameters] = range
        .toLowerCase()
        .split(';')
        .map((part) => part.trim())
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      const others = parameters.filter((parameter) => !parameter.startsWith('q=') && parameter !== '')
      return {
        value: [value, ...others].join(';'),
        quality: weight === undefined ? 1000 : parseQuality(weight.slice(2)),
      }
    })
    .filter(({ value }) => value !== '')
}

/** RFC 9110 §12.4.2; a malformed weight counts as none. `.2` is what the HTTP client of Java 8 sends by default. */
function parseQuality(text: string): number {
  return /^(?:0?\.\d{1,3}|0\.?|1(?:\.0{0,3})?)$/.test(text) ? Math.round(Number(text) * 1000) : 0
}

function mediaTypeFit(range: string, offer: string): number {
  if (range === '*/*' || range === '*') return 1
  const [type = '', ...parameters] = offer.split(';').map((part) => part.trim())
  if (range === `${type.split('/')[0] ?? ''}/*`) return 2
  const [rangeType, ...wanted] = range.split(';')
  // RFC 9110 §12.5.1: each parameter that the range names makes it more specific.
  return rangeType === type && wanted.every((parameter) => parameters.includes(parameter))
    ? 3 + wanted.length
    : 0
}

/** Basic filtering (RFC 4647 §3.3.1). */
function languageFit(range: string, offer: string): number {
  if (range === '*') return 1
  return offer === range || offer.startsWith(`${range}-`) ? 1 + range.length : 0
}

function isNamed(offer: string, preferences: readonly Preference[]): boolean {
  const name = offer.toLowerCase()
  return preferences.some(({ value }) => value !== '*' && languageFit(value, name) > 0)
}

function lookUp(range: string, offers: readonly string[]): string | undefined {
  const found =
    offers.find((offer) => offer.toLowerCase() === range) ??
    offers.find((offer) => languageFit(range, offer.toLowerCase()) > 0)
  if (found !== undefined) return found
  const shorter = offers.filter((offer) => range.startsWith(`${offer.toLowerCase()}-`))
  return shorter.toSorted((one, other) => other.length - one.length)[0]
}
