import { HttpError } from '../errors/index.ts'
import type { Platform } from '../platform/contract.ts'
import type { Schema } from '../schema/index.ts'
import { validate } from '../schema/index.ts'
import type { FormFields } from './contract.ts'
import { parseJson } from './json.ts'
import { createQuery } from './query.ts'
import { bodyUsed, limitStream } from './read-stream.ts'

/** Bounds that a body obeys. */
export interface BodyLimits {
  /** In bytes. */
  readonly bodyBytes: number
  readonly jsonDepth: number
  readonly formFields: number
}

/** See `Body` in the context's contract. */
export class RequestBody {
  readonly #request: Request
  readonly #platform: Pick<Platform, 'readBody'>
  readonly #limits: BodyLimits

  constructor(request: Request, platform: Pick<Platform, 'readBody'>, limits: BodyLimits) {
    this.#request = request
    this.#platform = platform
    this.#limits = limits
  }

  json(): Promise<unknown>
  json<Output>(schema: Schema<Output>): Promise<Output>
  async json(schema?: Schema<unknown>): Promise<unknown> {
    this.#assertMediaType('application/json', isJson)
    const value = parseJson(await this.#readText(), this.#limits.jsonDepth)
    return schema === undefined ? value : validate(schema, value)
  }

  text(): Promise<string> {
    this.#assertIdentity()
    return this.#readText()
  }

  form(): Promise<FormFields>
  form<Output>(schema: Schema<Output>): Promise<Output>
  async form(schema?: Schema<unknown>): Promise<unknown> {
    this.#assertMediaType('application/x-www-form-urlencoded', isForm)
    const fields = createQuery(await this.#readText(), this.#limits.formFields, 413)
    return schema === undefined ? fields : validate(schema, toRecord(fields))
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#platform.readBody(this.#request, this.#limits.bodyBytes)
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    if (this.#request.bodyUsed) throw bodyUsed()
    const { body } = this.#request
    return body === null ? new Blob([]).stream() : limitStream(body, this.#limits.bodyBytes)
  }

  async #readText(): Promise<string> {
    const bytes = await this.#platform.readBody(this.#request, this.#limits.bodyBytes)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch (error) {
      throw new HttpError(400, 'BODY_MALFORMED', 'Expected a body in UTF-8', { cause: error })
    }
  }

  #assertMediaType(expected: string, fits: (mediaType: string) => boolean): void {
    this.#assertIdentity()
    const given = this.#request.headers.get('content-type') ?? ''
    // The exact text is what nearly every client sends.
    if (given === expected) return
    const [mediaType = '', ...parameters] = given.toLowerCase().split(';')
    const charset = parameters.find((parameter) => parameter.trim().startsWith('charset='))
    const isUtf8 = charset === undefined || /^\s*charset="?utf-?8"?\s*$/.test(charset)
    if (!fits(mediaType.trim()) || !isUtf8) {
      throw new HttpError(415, 'MEDIA_TYPE_UNSUPPORTED', `Expected a body of ${expected} in UTF-8`, {
        headers: { accept: expected },
      })
    }
  }

  /** RFC 9110 §15.5.16: a content coding that is not decoded here is refused, not taken for text. */
  #assertIdentity(): void {
    const coding = this.#request.headers.get('content-encoding')
    if (coding === null || coding === '' || coding.toLowerCase() === 'identity') return
    throw new HttpError(415, 'MEDIA_TYPE_UNSUPPORTED', 'Expected a body without content coding', {
      headers: { 'accept-encoding': 'identity' },
    })
  }
}

/** Fields as an object without prototype; a name that stands more than once has a list. */
function toRecord(fields: FormFields): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of fields) {
    const before = record[name]
    if (before === undefined) record[name] = value
    else if (typeof before === 'string') record[name] = [before, value]
    else before.push(value)
  }
  return record
}

function isJson(mediaType: string): boolean {
  return (
    mediaType === 'application/json' || (mediaType.startsWith('application/') && mediaType.endsWith('+json'))
  )
}

function isForm(mediaType: string): boolean {
  return mediaType === 'application/x-www-form-urlencoded'
}
