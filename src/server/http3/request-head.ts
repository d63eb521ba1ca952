import { isToken } from '../../http/index.ts'
import { malformed } from './error-code.ts'
import type { FieldSink } from './qpack-decoder.ts'

/** Fields that belong to one connection of HTTP/1.1 (RFC 9114 §4.2, RFC 9110 §7.6.1). */
const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** Does this field belong to one connection of HTTP/1.1? `te` aside, which has a meaning of its own. */
export function isConnectionField(name: string): boolean {
  return connectionFields.has(name)
}

/**
 * The header section of a request as it is decoded, held to RFC 9114 §4.2 and §4.3. Security: what two servers might
 * read differently is refused, so that none of them takes a part of a request for another one.
 */
export class RequestHead implements FieldSink {
  method: string | null = null
  scheme: string | null = null
  path: string | null = null
  protocol: string | null = null
  #authority: string | null = null
  #host: string | null = null
  contentLength: number | null = null
  /** Does the client wait for 100 before it sends the body (RFC 9110 §10.1.1)? */
  expectsContinue = false
  /** Name, value, name, value; the first two are kept for `host`. */
  readonly #fields: string[] = ['host', '']
  #cookiePlace = -1

  /** `:authority`, or `host` where it is missing; `''` without both. */
  get authority(): string {
    return this.#authority ?? this.#host ?? ''
  }

  /** The fields with one `host` in front if there is an authority. */
  get fields(): readonly string[] {
    if (this.authority === '') return this.#fields.slice(2)
    this.#fields[1] = this.authority
    return this.#fields
  }

  onField(name: string, value: string): void {
    if (name.charCodeAt(0) === 0x3a) {
      // §4.3: pseudo-header fields come first. A field other than `host` has been pushed, or that one was seen.
      if (this.#fields.length > 2 || this.#host !== null) {
        throw malformed('A pseudo-header field follows another field')
      }
      this.#onPseudoField(name, value)
      return
    }
    switch (name) {
      case 'host':
        if (this.#host !== null) throw malformed('Host is there twice')
        this.#host = value
        return
      case 'cookie':
        return this.#onCookie(value)
      case 'content-length':
        this.#onContentLength(value)
        break
      case 'te':
        // §4.2
        if (value.toLowerCase() !== 'trailers') throw malformed('TE is not trailers')
        break
      case 'expect':
        this.expectsContinue = value.toLowerCase() === '100-continue'
        break
      default:
        if (connectionFields.has(name)) throw malformed(`${name} belongs to a connection of HTTP/1.1`)
    }
    this.#fields.push(name, value)
  }

  /** To be called behind the last field: is it a request (RFC 9114 §4.3.1, §4.4, RFC 9220 §3)? */
  complete(allowsExtendedConnect: boolean): void {
    const { method, scheme, path, protocol } = this
    if (method === null || !isToken(method)) throw malformed(':method is missing or no token')
    if (protocol !== null) {
      if (!allowsExtendedConnect) throw malformed(':protocol was not offered')
      if (method !== 'CONNECT' || !isToken(protocol)) throw malformed(':protocol is not that of a CONNECT')
    } else if (method === 'CONNECT') {
      this.#completeConnect()
      return
    }
    if (scheme === null || path === null) throw malformed(':scheme or :path is missing')
    if (!/^[a-z][a-z0-9+.-]*$/i.test(scheme)) throw malformed(':scheme is none')
    this.scheme = scheme.toLowerCase()
    this.#checkAuthority(this.scheme === 'https' || this.scheme === 'http')
    const isAsterisk = path === '*' && method === 'OPTIONS'
    if (!isAsterisk && !isOriginForm(path)) throw malformed(':path is not in origin form')
  }

  #onPseudoField(name: string, value: string): void {
    switch (name) {
      case ':method':
        return void (this.method = once(name, this.method, value))
      case ':scheme':
        return void (this.scheme = once(name, this.scheme, value))
      case ':authority':
        return void (this.#authority = once(name, this.#authority, value))
      case ':path':
        return void (this.path = once(name, this.path, value))
      case ':protocol':
        return void (this.protocol = once(name, this.protocol, value))
      default:
        throw malformed('A pseudo-header field is not one of a request')
    }
  }

  /** §4.2.1: cookies that were split for the sake of compression are one field again. */
  #onCookie(value: string): void {
    if (this.#cookiePlace === -1) {
      this.#cookiePlace = this.#fields.push('cookie', value) - 1
    } else {
      this.#fields[this.#cookiePlace] += `; ${value}`
    }
  }

  #onContentLength(value: string): void {
    if (this.contentLength !== null || !/^\d{1,15}$/.test(value)) {
      throw malformed('Content-Length is there twice, or no length')
    }
    this.contentLength = Number(value)
  }

  #completeConnect(): void {
    if (this.scheme !== null || this.path !== null) throw malformed('CONNECT has :scheme or :path')
    if (this.#authority === null || !/:\d{1,5}$/.test(this.#authority)) {
      throw malformed(':authority of CONNECT is not a host and a port')
    }
    this.#checkAuthority(true)
  }

  #checkAuthority(isMandatory: boolean): void {
    const host = this.#host
    const authority = this.#authority
    if (authority !== null && host !== null && authority !== host) {
      throw malformed('Host and :authority are not the same')
    }
    if (isMandatory && this.authority === '') throw malformed(':authority and Host are missing or empty')
    if (this.authority !== '' && !isHost(this.authority)) throw malformed(':authority is no host')
  }
}

/** The trailer section of a request: fields alone (RFC 9114 §4.3, RFC 9110 §6.5.1). */
export class RequestTrailers implements FieldSink {
  readonly fields: string[] = []

  onField(name: string, value: string): void {
    if (name.charCodeAt(0) === 0x3a) throw malformed('A pseudo-header field is among the trailers')
    if (connectionFields.has(name) || framingFields.has(name))
      throw malformed(`${name} is among the trailers`)
    this.fields.push(name, value)
  }
}

/** Security: fields that frame or route a request must not come after it (RFC 9110 §6.5.1). */
const framingFields: ReadonlySet<string> = new Set(['content-length', 'host', 'te'])

function once(name: string, before: string | null, value: string): string {
  if (before !== null) throw malformed(`${name} is there twice`)
  return value
}

/** A host with an optional port (RFC 9110 §7.2). User information, which §4.3.1 forbids, is none of it. */
function isHost(text: string): boolean {
  const match = /^(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/i.exec(text)
  return match !== null && (match[1] === undefined || Number(match[1]) <= 65_535)
}

/** A path in origin form (RFC 9112 §3.2.1): no space, no fragment, nothing above ASCII. */
function isOriginForm(path: string): boolean {
  return /^\/[\x21\x22\x24-\x7e]*$/.test(path)
}
