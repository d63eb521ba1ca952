/** Keeps nothing from one call to the next: none of them streams. */
const ascii = new TextDecoder()

/** From this length on the runtime's decoder is faster than characters one by one (`bench/qpack.ts`). */
const longText = 24

/** What a byte may stand for in a field name or value. */
const inName = 1
const inValue = 2
const kinds: Uint8Array = buildKinds()

/** Bytes of Latin-1 as text. */
export function readText(bytes: Uint8Array, from: number, to: number): string {
  if (to - from >= longText && isAscii(bytes, from, to)) return ascii.decode(bytes.subarray(from, to))
  let text = ''
  let index = from
  for (; index + 8 <= to; index += 8) {
    text += String.fromCharCode(
      bytes[index] ?? 0,
      bytes[index + 1] ?? 0,
      bytes[index + 2] ?? 0,
      bytes[index + 3] ?? 0,
      bytes[index + 4] ?? 0,
      bytes[index + 5] ?? 0,
      bytes[index + 6] ?? 0,
      bytes[index + 7] ?? 0,
    )
  }
  for (; index < to; index++) text += String.fromCharCode(bytes[index] ?? 0)
  return text
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let all = 0
  for (let index = from; index < to; index++) all |= bytes[index] ?? 0
  return all < 0x80
}

/** Are these bytes a token in lower case (RFC 9110 §5.1, RFC 9114 §4.2)? */
export function areFieldName(bytes: Uint8Array, from: number, to: number): boolean {
  let all = inName
  for (let index = from; index < to; index++) all &= kinds[bytes[index] ?? 0] ?? 0
  return all !== 0 && to > from
}

/** Have these bytes the form of `field-content` (RFC 9110 §5.5)? Before they are text, which costs less. */
export function areFieldValue(bytes: Uint8Array, from: number, to: number): boolean {
  let all = inValue
  for (let index = from; index < to; index++) all &= kinds[bytes[index] ?? 0] ?? 0
  return all !== 0 && (to === from || !(isBlank(bytes[from] ?? 0) || isBlank(bytes[to - 1] ?? 0)))
}

/** Is it a token in lower case (RFC 9110 §5.1, RFC 9114 §4.2)? */
export function isFieldName(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (((kinds[text.charCodeAt(index)] ?? 0) & inName) === 0) return false
  }
  return text !== ''
}

/** Has it the form of `field-content`: no control character but tab, no space or tab at an end? */
export function isFieldValue(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (((kinds[text.charCodeAt(index)] ?? 0) & inValue) === 0) return false
  }
  return text === '' || !(isBlank(text.charCodeAt(0)) || isBlank(text.charCodeAt(text.length - 1)))
}

/** Is it a space or a tab? */
export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function buildKinds(): Uint8Array {
  const table = new Uint8Array(256)
  for (let code = 0; code < 256; code++) {
    if (code === 9 || (code >= 0x20 && code !== 0x7f)) table[code] = inValue
  }
  for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
    table[char.charCodeAt(0)] = inName | inValue
  }
  return table
}
