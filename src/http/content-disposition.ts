/** Longest file name in characters; file systems take 255 bytes. */
const maxNameLength = 200

/** What `formatContentDisposition` makes of a file name. */
export type DispositionKind = 'attachment' | 'inline'

/**
 * Makes the value of `Content-Disposition` (RFC 6266). The name may be any text, a stranger's too: folders before it,
 * control characters and lone surrogates go, and at most 200 characters stay. A name that is not plain ASCII is sent
 * as `filename*` in UTF-8 (RFC 8187) beside a plain one for old clients.
 */
export function formatContentDisposition(kind: DispositionKind, fileName: string): string {
  const name = baseName(fileName)
  // Security: a quote or backslash would end the value early; some clients decode `%41` within it.
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_')
  const value = `${kind}; filename="${plain}"`
  return plain === name ? value : `${value}; filename*=UTF-8''${encodeExtended(name)}`
}

function baseName(fileName: string): string {
  const last = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1)
  // Bidirectional marks make `exe.txt` out of `txt.exe` on a screen.
  const clean = last
    .toWellFormed()
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .trim()
  const short = Array.from(clean.slice(0, maxNameLength * 2))
    .slice(0, maxNameLength)
    .join('')
    .toWellFormed()
  return short === '' || short === '.' || short === '..' ? 'download' : short
}

/** RFC 8187 §3.2.1: what `encodeURIComponent` leaves besides attr-char. */
function encodeExtended(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
