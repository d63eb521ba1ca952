import { FlatHeaders } from './headers.ts'
import type { Natives } from './natives.ts'
import { nativeOf, natives } from './natives.ts'
import { NodeRequest } from './request.ts'
import { NodeResponse } from './response.ts'
import { createResponseStandIn } from './response-stand-in.ts'

const names = ['Request', 'Response', 'Headers', 'fetch'] as const

/** Set on `globalThis` while the stand-ins are there, with what takes them away again. */
const installed = Symbol.for('rockstar.fetch-globals')

/**
 * Lets our `Request` and `Response` pass for the real ones: `instanceof`, `new Request(ours)`, `fetch(ours)`. undici
 * recognises its own objects by private fields, so its constructors must be handed native ones; thin stand-ins on the
 * globals see to it. Nothing is loaded before somebody touches one of them: Node itself loads undici so lazily, and
 * it takes 45 ms. Idempotent, also between two copies of the package.
 */
export function installFetchGlobals(): void {
  if (Reflect.has(globalThis, installed)) return
  const originals = names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  const restore = (): void => {
    for (const [name, descriptor] of originals) {
      if (descriptor !== undefined) Object.defineProperty(globalThis, name, descriptor)
    }
  }
  Object.defineProperty(globalThis, installed, { configurable: true, value: restore })
  for (const [name, descriptor] of originals) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      enumerable: descriptor?.enumerable ?? false,
      get(): unknown {
        restore()
        define(standIns(natives()))
        return Reflect.get(globalThis, name)
      },
      set(value: unknown): void {
        Object.defineProperty(globalThis, name, { configurable: true, enumerable: false, writable: true, value })
      },
    })
  }
}

/** Takes the stand-ins away. */
export function restoreFetchGlobals(): void {
  const restore: unknown = Reflect.get(globalThis, installed)
  if (typeof restore !== 'function') return
  Reflect.deleteProperty(globalThis, installed)
  Reflect.apply(restore, undefined, [])
}

function standIns(native: Natives): Record<(typeof names)[number], unknown> {
  Object.setPrototypeOf(NodeRequest.prototype, native.Request.prototype)
  Object.setPrototypeOf(NodeResponse.prototype, native.Response.prototype)
  Object.setPrototypeOf(FlatHeaders.prototype, native.Headers.prototype)
  return {
    Request: requestStandIn(native.Request),
    Response: createResponseStandIn(native.Response),
    Headers: native.Headers,
    fetch: fetchStandIn(native.fetch),
  }
}

function define(values: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(values)) {
    const enumerable = Object.getOwnPropertyDescriptor(globalThis, name)?.enumerable ?? false
    Object.defineProperty(globalThis, name, { configurable: true, enumerable, writable: true, value })
  }
}

function requestStandIn(native: typeof Request): typeof Request {
  const standIn: typeof Request = new Proxy(native, {
    construct(target, [input, ...rest]: unknown[], newTarget) {
      const unwrapped = input instanceof NodeRequest ? input.toNative() : input
      const request: object = Reflect.construct(target, [unwrapped, ...rest], newTarget === standIn ? target : newTarget)
      return request
    },
    get: (target, key) => (key === nativeOf ? target : Reflect.get(target, key)),
  })
  return standIn
}

function fetchStandIn(native: typeof fetch): typeof fetch {
  const standIn = (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    return native(input instanceof NodeRequest ? input.toNative() : input, init)
  }
  return Object.assign(standIn, { [nativeOf]: native })
}
