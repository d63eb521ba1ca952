/** Most entity tags of one list that are compared; a longer list counts as unreadable from there on. */
const maxEtags = 100

/** An entity tag as it stands in a header field (RFC 9110 §8.8.3): `"…"`, or `W/"…"` for a weak one. */
// oxlint-disable-next-line no-control-regex -- the grammar is given in code points
const etagForm = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/

/** Is `text` one entity tag, weak or strong (RFC 9110 §8.8.3)? */
export function isEtag(text: string): boolean {
  return etagForm.test(text)
}

/**
 * Makes an entity tag of an opaque text. Throws `RangeError` when it has a quote, a space or a character that
 * RFC 9110 §8.8.3 forbids.
 */
export function formatEtag(opaque: string, weak: boolean): string {
  const etag = weak ? `W/"${opaque}"` : `"${opaque}"`
  if (!etagForm.test(etag)) {
    throw new RangeError(
      `Expected visible characters without quotes for an entity tag, got ${JSON.stringify(opaque.slice(0, 40))}`,
    )
  }
  return etag
}

/**
 * Makes the entity tag of one variant of a representation (`br`, `gzip`): two codings of a resource must not share one
 * (RFC 9110 §8.8.3.3). A weak tag stays weak.
 */
export function toVariantEtag(etag: string, variant: string): string {
  return `${etag.slice(0, -1)}-${variant}"`
}

/** Compares by RFC 9110 §8.8.3.2, strongly: equal and neither is weak. */
export function isStrongMatch(left: string, right: string): boolean {
  return left === right && !left.startsWith('W/')
}

/** Compares by RFC 9110 §8.8.3.2, weakly: equal but for the mark of weakness. */
export function isWeakMatch(left: string, right: string): boolean {
  return opaqueTag(left) === opaqueTag(right)
}

/**
 * Does a list of entity tags (the value of `If-Match` or `If-None-Match`, without `*`) hold one that `matches`? Null
 * when the list is malformed, or longer than 100 tags with no match among the first 100. Linear in the length of the
 * list.
 */
export function someEtag(list: string, matches: (etag: string) => boolean): boolean | null {
  let index = 0
  for (let count = 0; count < maxEtags; count++) {
    // RFC 9110 §5.6.1.2: empty elements of a list are skipped.
    index = skipBlank(list, index, true)
    if (index === list.length) return false
    const quote = list.startsWith('W/', index) ? index + 2 : index
    const end = list.charCodeAt(quote) === 0x22 ? list.indexOf('"', quote + 1) + 1 : 0
    if (end === 0) return null
    const etag = list.slice(index, end)
    if (!etagForm.test(etag)) return null
    if (matches(etag)) return true
    index = skipBlank(list, end, false)
    if (index < list.length && list.charCodeAt(index) !== 0x2c) return null
  }
  return skipBlank(list, index, true) === list.length ? false : null
}

function opaqueTag(etag: string): string {
  return etag.startsWith('W/') ? etag.slice(2) : etag
}

function skipBlank(text: string, from: number, commas: boolean): number {
  let index = from
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code !== 0x20 && code !== 0x09 && !(commas && code === 0x2c)) break
  }
  return index
}
