import type { ResponseBody } from '../../src/platform/index.ts'
import { toFieldList } from './field-list.ts'
import type { Natives } from './natives.ts'
import { asNative, nativeOf, toNative } from './natives.ts'
import { asResponse, NodeResponse } from './response.ts'

/** Fields that belong to one connection; undici refuses some of them on a request that it is to send. */
const connectionFields = [
  'connection',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/**
 * The function behind the global `Response`: `new Response('text', { status, headers })` makes a response of ours,
 * which Node sends several times faster. What that cannot take as it is (form data, odd statuses), and every subclass,
 * is native, so that its errors are the standard's own. It shares the native prototype, so that `instanceof` holds
 * both ways.
 */
export function responseStandIn(native: typeof Response): typeof Response {
  function construct(...args: [body?: BodyInit | null, init?: ResponseInit]): object {
    if (new.target !== construct) return Reflect.construct(native, args, new.target ?? refuseCall('Response'))
    return toOwnResponse(args[0], args[1], 'text/plain;charset=UTF-8') ?? Reflect.construct(native, args)
  }
  function json(data: unknown, init?: ResponseInit): Response {
    const text: string | undefined = JSON.stringify(data)
    const own = text === undefined ? null : toOwnResponse(text, init, 'application/json')
    return own ?? native.json(data, init)
  }
  Object.defineProperty(construct, 'json', { configurable: true, writable: true, value: json })
  return disguise(construct, native, 'Response')
}

/** The function behind the global `Request`: `new Request(ours)` copies ours. */
export function requestStandIn(native: typeof Request): typeof Request {
  function construct(...args: unknown[]): object {
    const target = new.target ?? refuseCall('Request')
    const unwrapped = args.map((argument, index) => (index === 0 ? toNative(argument) : argument))
    return Reflect.construct(native, unwrapped, target === construct ? native : target)
  }
  return disguise(construct, native, 'Request')
}

/** `fetch(ours)` sends ours on, without the fields that belong to the connection that it came on. */
export function fetchStandIn(native: typeof fetch): typeof fetch {
  function standIn(...args: Parameters<typeof fetch>): Promise<Response> {
    const [input, init] = args
    if (typeof input !== 'object' || input instanceof URL || !(asNative in input)) return native(...args)
    const request = toNative(input)
    for (const name of connectionFields) request.headers.delete(name)
    return native(request, init)
  }
  Object.defineProperty(standIn, 'name', { value: 'fetch' })
  return Object.assign(standIn, { [nativeOf]: native })
}

/** A response of ours, or null where the native class must decide. */
function toOwnResponse(body: unknown, init: ResponseInit | undefined, mediaType: string): Response | null {
  const kept = toKept(body)
  if (kept === undefined || (init !== undefined && (typeof init !== 'object' || init === null))) return null
  const { status = 200, statusText = '', headers } = init ?? {}
  if (!isOrdinary(status, kept) || !isPhrase(statusText)) return null
  if (headers !== undefined && (typeof headers !== 'object' || headers === null)) return null
  const list = toFieldList(headers, typeof kept === 'string' ? mediaType : null)
  return asResponse(new NodeResponse(kept, status, list, statusText))
}

/** A body that can be kept as it is; undefined for one that the native class must take. */
function toKept(body: unknown): ResponseBody | undefined {
  if (body === undefined || body === null) return null
  if (typeof body === 'string') return body
  // The Fetch Standard copies bytes: a later change of the array does not reach the response.
  if (body instanceof Uint8Array) return new Uint8Array(body)
  return undefined
}

/** Is it a status that goes with this body? 204, 205 and 304 have none (Fetch Standard, "null body status"). */
function isOrdinary(status: unknown, body: ResponseBody): status is number {
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599) return false
  return body === null || (status !== 204 && status !== 205 && status !== 304)
}

/** RFC 9112 §4, reason-phrase. */
function isPhrase(text: unknown): boolean {
  // oxlint-disable-next-line no-control-regex -- the tab is allowed
  return typeof text === 'string' && (text === '' || /^[\t\x20-\x7e\x80-\xff]*$/.test(text))
}

function refuseCall(name: string): never {
  throw new TypeError(`Class constructor ${name} cannot be invoked without 'new'`)
}

/** Lets a function pass for the native class: name, statics and prototype are those. */
function disguise<Native extends typeof Request | typeof Response>(
  construct: (...args: never[]) => object,
  native: Native,
  name: string,
): Native {
  Object.setPrototypeOf(construct, native)
  Object.defineProperty(construct, 'name', { value: name })
  Object.defineProperty(construct, 'length', { value: native.length })
  Object.defineProperty(construct, 'prototype', { value: native.prototype, writable: false })
  Object.defineProperty(construct, nativeOf, { value: native })
  // It constructs what the native class constructs, and inherits its statics.
  return construct as unknown as Native
}

/** All stand-ins that need the native classes. */
export function classStandIns(native: Natives): Readonly<Record<'Request' | 'Response', unknown>> {
  return { Request: requestStandIn(native.Request), Response: responseStandIn(native.Response) }
}
