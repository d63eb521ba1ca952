import { safeLocation } from '../http/index.ts'
import type { Markup } from '../template/index.ts'
import type { Context, RedirectOptions, RouteLimits } from './contract.ts'
import type { BoundedEnvironment } from './environment.ts'
import { RequestContext } from './request-context.ts'
import type { StreamSource } from './stream.ts'
import { isStreamSource, toByteStream } from './stream.ts'

const binary = 'application/octet-stream'

/** The context of an app: its request has bounds and can be cut off, and it answers with more than the core's. */
export class BoundedContext extends RequestContext implements Context {
  declare readonly environment: BoundedEnvironment
  #abort: AbortController | null = null
  #aborted: unknown = undefined
  #deadline: number | null = null

  protected override href(): string {
    return this.environment.urlOf?.(this) ?? this.request.url
  }

  get limits(): RouteLimits {
    return this.match?.target.limits ?? this.environment.limits
  }

  get deadline(): number {
    return this.#deadline ?? this.fixDeadline()
  }

  /** Counts the bound from now, unless somebody has looked at the deadline before. */
  fixDeadline(): number {
    const { handlerMs } = this.limits
    this.#deadline ??= handlerMs === 0 ? Infinity : this.platform.clock.monotonic() + handlerMs
    return this.#deadline
  }

  override get signal(): AbortSignal {
    if (this.#abort === null) {
      const abort = new AbortController()
      this.#abort = abort
      const source = this.request.signal
      if (this.#aborted !== undefined) abort.abort(this.#aborted)
      else if (source.aborted) abort.abort(source.reason)
      else
        source.addEventListener('abort', () => abort.abort(source.reason), {
          once: true,
          signal: abort.signal,
        })
    }
    return this.#abort.signal
  }

  /** Cuts the request off: the deadline passed, or the server stops. */
  cutOff(reason: unknown): void {
    this.#aborted = reason
    this.#abort?.abort(reason)
  }

  /** Was the request cut off? */
  isCutOff(): boolean {
    return this.#aborted !== undefined
  }

  xml(markup: string | Markup, status?: number): Response {
    return this.reply(String(markup), 'application/xml; charset=utf-8', status)
  }

  stream(source: StreamSource, mediaType: string = binary): Response {
    return this.reply(toByteStream(source), mediaType)
  }

  redirect(location: string, options: RedirectOptions = {}): Response {
    const target = safeLocation(location, this.url, options.allowOrigins ?? [])
    return this.make(null, ['location', target], options.status ?? 302)
  }

  protected override replyWithObject(value: object): Response {
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === Array.prototype) return this.json(value)
    if (value instanceof Uint8Array || value instanceof ArrayBuffer)
      return this.reply(copyBytes(value), binary)
    if (isStreamSource(value)) return this.stream(value)
    // The tag is what the platform's own Blob has; a stranger that claims it is refused by the platform.
    if (/ (?:Blob|File)]$/.test(Object.prototype.toString.call(value)))
      return this.reply(value as Blob, (value as Blob).type || binary)
    return this.json(value)
  }
}

function copyBytes(bytes: Uint8Array | ArrayBuffer): Uint8Array<ArrayBuffer> {
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes)
  const { buffer, byteLength, byteOffset } = bytes
  // A view over a SharedArrayBuffer may change while it is sent.
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : bytes.slice()
}
