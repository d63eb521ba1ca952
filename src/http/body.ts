import { HttpError } from '../errors/index.ts'
import type { Platform } from '../platform/contract.ts'
import type { Schema } from '../schema/index.ts'
import { validate } from '../schema/index.ts'
import type { Body, FormFields } from './contract.ts'
import { parseJson } from './json.ts'
import { parseMediaType } from './parameters.ts'
import { createQuery } from './query.ts'
import { bodyUsed, limitStream, readStreamedBody } from './read-stream.ts'
import { decodeUtf8 } from './utf8.ts'

/** Bounds that a body obeys. */
export interface BodyLimits {
  /** In bytes. */
  readonly bodyBytes: number
  readonly jsonDepth: number
  readonly formFields: number
}

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'

/** The body of one request over what the platform reads. See `Body`. */
export class RequestBody implements Body {
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
    this.#assertMediaType(json, isJson)
    const value = parseJson(decodeUtf8(await this.bytes(), 'a body'), this.#limits.jsonDepth)
    return schema === undefined ? value : validate(schema, value)
  }

  async text(): Promise<string> {
    this.#assertIdentity()
    return decodeUtf8(await this.bytes(), 'a body')
  }

  form(): Promise<FormFields>
  form<Output>(schema: Schema<Output>): Promise<Output>
  async form(schema?: Schema<unknown>): Promise<unknown> {
    this.#assertMediaType(form, isForm)
    const fields = createQuery(decodeUtf8(await this.bytes(), 'a body'), this.#limits.formFields, 413)
    return schema === undefined ? fields : validate(schema, toRecord(fields))
  }

  // Not async: each promise in a row costs a body of the usual size a tenth of its time.
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    // A native request that was read has an empty stream, which would pass for an empty body.
    if (this.#request.bodyUsed) return Promise.reject(bodyUsed())
    const { bodyBytes } = this.#limits
    const { readBody } = this.#platform
    if (readBody !== null) return readBody(this.#request, bodyBytes)
    return readStreamedBody(this.#request.body, this.#request.headers.get('content-length'), bodyBytes)
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { body, bodyUsed: isUsed, headers } = this.#request
    if (isUsed) throw bodyUsed()
    if (body === null) return new Blob([]).stream()
    return limitStream(body, this.#limits.bodyBytes, headers.get('content-length'))
  }

  #assertMediaType(expected: string, fits: (essence: string) => boolean): void {
    this.#assertIdentity()
    const given = this.#request.headers.get('content-type')
    // What nearly every client sends, as it sends it.
    if (given === expected) return
    const mediaType = given === null ? null : parseMediaType(given)
    const charset = mediaType?.parameters.get('charset')
    const isUtf8 = charset === undefined || /^utf-?8$/i.test(charset)
    if (mediaType === null || !fits(mediaType.essence) || !isUtf8) {
      throw new HttpError(415, 'MEDIA_TYPE_UNSUPPORTED', `Expected a body of ${expected} in UTF-8`, {
        headers: { accept: expected },
      })
    }
  }

  #assertIdentity(): void {
    assertIdentity(this.#request.headers)
  }
}

/** RFC 9110 §15.5.16: a body with a content coding, which nothing here decodes, is refused and not taken for text. */
export function assertIdentity(headers: Headers): void {
  const coding = headers.get('content-encoding')
  if (coding === null || coding === '' || coding.toLowerCase() === 'identity') return
  throw new HttpError(415, 'MEDIA_TYPE_UNSUPPORTED', 'Expected a body without content coding', {
    headers: { 'accept-encoding': 'identity' },
  })
}

/** Fields as an object without prototype; a name that stands more than once has a list. */
function toRecord(fields: FormFields): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of fields) {
    // Security: harmless here, but a schema's output is an ordinary object, and whoever merges that is poisoned.
    if (name === '__proto__') {
      throw new HttpError(400, 'BODY_MALFORMED', 'Expected a form without the field __proto__')
    }
    const before = record[name]
    if (before === undefined) record[name] = value
    else if (typeof before === 'string') record[name] = [before, value]
    else before.push(value)
  }
  return record
}

/** `application/json` and any type with the suffix `+json` (RFC 6839 §3.1). */
function isJson(essence: string): boolean {
  return essence === json || essence.endsWith('+json')
}

function isForm(essence: string): boolean {
  return essence === form
}
