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

/** As `negotiateMediaType`, for `Accept-Language` by basic filtering and lookup (RFC 4647 §3.3.1, §3.4). */
export function negotiateLanguage(header: string | null, offers: readonly string[]): string | null {
  return negotiate(header, offers, languageFit)
}

/** As `negotiateMediaType`, for `Accept-Encoding`. `identity` is acceptable unless it is refused (RFC 9110 §12.5.3). */
export function negotiateEncoding(header: string | null, offers: readonly string[]): string | null {
  return negotiate(
    header,
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
  if (header === null || header.trim() === '') return offers[0] ?? null
  const preferences = parsePreferences(header)
  let best: string | null = null
  let bestQuality = 0
  for (const offer of offers) {
    const quality = qualityOf(offer.toLowerCase(), preferences, fit) ?? (isDefault(offer) ? 1 : 0)
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

function parsePreferences(header: string): Preference[] {
  return header
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

/** RFC 9110 §12.4.2; a malformed weight counts as none. */
function parseQuality(text: string): number {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Math.round(Number(text) * 1000) : 0
}

function mediaTypeFit(range: string, offer: string): number {
  const bare = offer.split(';')[0] ?? ''
  if (range === offer.replaceAll(' ', '') && range !== bare) return 4
  if (range === bare) return 3
  if (range === `${bare.split('/')[0] ?? ''}/*`) return 2
  return range === '*/*' ? 1 : 0
}

function languageFit(range: string, offer: string): number {
  if (range === '*') return 1
  if (offer === range || offer.startsWith(`${range}-`)) return 1 + range.length
  return range.startsWith(`${offer}-`) ? 1 + offer.length : 0
}
