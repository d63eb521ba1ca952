/** Longest key in bytes of UTF-8, as S3 and R2 have it. */
const maxKeyBytes = 1024
/** Longest name of a file in bytes, on every file system in use. */
const maxNameBytes = 255

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\x00-\x1f\x7f-\x9f]/

/** Names that Windows takes for devices, with any extension: `con`, `nul.txt`, `com1`, `aux .log`. */
const deviceName =
  /^(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i

/** What becomes of names that begin with a dot: `well-known` allows the folder `.well-known` at the top (RFC 8615). */
export type DotfilePolicy = 'refuse' | 'well-known' | 'allow'

/** May `key` name an object in some store? The rules are those of `ObjectInfo`. */
export function isObjectKey(key: string): boolean {
  if (key === '' || utf8Length(key) > maxKeyBytes || control.test(key) || !key.isWellFormed()) return false
  return key.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}

/**
 * May `key` name a file, on any file system? Besides the rules of `isObjectKey`, a segment has at most 255 bytes, no
 * `\` and no `:`, neither a dot nor a space at its end, and is no device of Windows.
 *
 * Security: on Windows each of these names something else than it says: another folder or drive, an alternate stream,
 * the same file without the dot, a device.
 */
export function isFileKey(key: string): boolean {
  return isObjectKey(key) && key.split('/').every(isFileName)
}

/** Is something on the way to `key` hidden by its dot? */
export function isHiddenKey(key: string, policy: DotfilePolicy): boolean {
  if (policy === 'allow' || !(key.startsWith('.') || key.includes('/.'))) return false
  return !(policy === 'well-known' && key.startsWith('.well-known/') && !key.includes('/.'))
}

function isFileName(segment: string): boolean {
  if (segment.includes('\\') || segment.includes(':') || segment.endsWith('.') || segment.endsWith(' '))
    return false
  return utf8Length(segment) <= maxNameBytes && !deviceName.test(segment)
}

function utf8Length(text: string): number {
  return text.length > maxKeyBytes ? text.length : new TextEncoder().encode(text).byteLength
}
