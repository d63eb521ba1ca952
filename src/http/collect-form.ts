import type { FormFields } from './contract.ts'
import type { Part } from './multipart.ts'
import { decodeUtf8 } from './utf8.ts'

/** A file of a form, in memory. */
export interface CollectedFile extends Pick<Part, 'name' | 'mediaType'> {
  /** See `Part`. */
  readonly fileName: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A form that was read to its end. */
export interface CollectedForm {
  readonly fields: FormFields
  /** In order. A file control in which nothing was chosen gives none. */
  readonly files: readonly CollectedFile[]
}

/**
 * Reads a form of fields and small files into memory, at most `maxBytes` of content in all; more is `BODY_TOO_LARGE`
 * (413). Default: 4 MiB. Large files are better read from their parts as they arrive.
 */
export async function collectForm(
  parts: AsyncIterable<Part>,
  maxBytes: number = 4_194_304,
): Promise<CollectedForm> {
  const fields: [string, string][] = []
  const files: CollectedFile[] = []
  let size = 0
  for await (const part of parts) {
    const bytes = await part.bytes(maxBytes - size)
    size += bytes.byteLength
    const { name, fileName, mediaType } = part
    if (fileName === undefined) fields.push([name, decodeUtf8(bytes, 'a field')])
    else if (fileName !== '' || bytes.byteLength > 0) files.push({ name, fileName, mediaType, bytes })
  }
  return { fields: new URLSearchParams(fields), files }
}
