import { encodeBase64url } from '../crypto/index.ts'

/** What a key of the store stands for; their keys never meet. */
export type NameKind = 'value' | 'tag' | 'lock'

/** Where a namespace is, and where its tags are. */
export interface Path {
  /** Percent-encoded names with slashes between; empty for the outermost. */
  readonly keys: string
  /** As `keys`, of the namespace whose tags are used. */
  readonly tags: string
}

/** The outermost namespace. */
export const rootPath: Path = { keys: '', tags: '' }

/** Longest key, and longest tag, in code units. */
const maxTextLength = 65_536
const maxPathLength = 128
const maxLevels = 8
/** Every store takes keys of this length. The longest hashed one has 208. */
const maxKeyBytes = 256
const letters: Readonly<Record<NameKind, string>> = { value: 'v', tag: 't', lock: 'l' }
const encoder = new TextEncoder()

/** Names what is in the store. */
export interface Names {
  /**
   * The key of a text. Short ones can be read in the store; one that is too long, or that no store can name, is hashed.
   * `RangeError` for an empty one or one of more than 65,536 code units.
   */
  of(kind: NameKind, path: string, text: string): Promise<string>
  /** The keys that say since when what is at this path counts, the outermost first. */
  generations(path: string): readonly string[]
}

/** Makes the names of one cache. */
export function createNames(prefix: string): Names {
  if (!/^[\w:.-]{0,32}$/.test(prefix)) {
    throw new RangeError(
      `Expected keyPrefix of at most 32 letters, digits, ":", ".", "_" and "-", got ${JSON.stringify(prefix.slice(0, 60))}`,
    )
  }
  return {
    async of(kind, path, text) {
      if (text === '' || text.length > maxTextLength) {
        throw new RangeError(
          `Expected a ${kind === 'tag' ? 'tag' : 'key'} of 1 to ${maxTextLength} characters, got ${text.length}`,
        )
      }
      // A path has no colon, and what follows it says whether it is a text or a hash.
      const head = `${prefix}${letters[kind]}:${path}:`
      const isPlain = text.isWellFormed() && !text.includes('\0')
      if (isPlain && fits(text, maxKeyBytes - head.length - 1)) return `${head}=${text}`
      return `${head}#${await hashText(text)}`
    },
    generations(path) {
      const keys = [`${prefix}g:`]
      for (let end = 0; end !== -1 && path !== '';) {
        end = path.indexOf('/', end + 1)
        keys.push(`${prefix}g:${end === -1 ? path : path.slice(0, end)}`)
      }
      return keys
    },
  }
}

/** The path of a namespace within another. `RangeError` for a name that is empty or leads too deep. */
export function pathWithin(path: Path, name: string, shareTags: boolean): Path {
  const encoded = name.isWellFormed() ? encodeURIComponent(name) : ''
  const keys = path.keys === '' ? encoded : `${path.keys}/${encoded}`
  if (encoded === '' || keys.length > maxPathLength || keys.split('/').length > maxLevels) {
    throw new RangeError(
      `Expected a namespace of 1 to ${maxPathLength} characters, percent-encoded and with those above it, and at most ${maxLevels} levels, got ${JSON.stringify(name.slice(0, 60))}`,
    )
  }
  return { keys, tags: shareTags ? path.tags : keys }
}

function fits(text: string, roomBytes: number): boolean {
  if (text.length > roomBytes) return false
  return text.length * 3 <= roomBytes || encoder.encode(text).byteLength <= roomBytes
}

/** SHA-256 of the code units: UTF-8 would make texts with lone surrogates the same. */
async function hashText(text: string): Promise<string> {
  const bytes = new Uint8Array(text.length * 2)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    bytes[index * 2] = code >> 8
    bytes[index * 2 + 1] = code & 0xff
  }
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
