/** The runtime's own classes and functions, before any stand-in. */
export interface Natives {
  readonly Request: typeof Request
  readonly Response: typeof Response
  readonly Headers: typeof Headers
  readonly fetch: typeof fetch
}

/** A stand-in on the globals carries what it stands for under this name, so that another copy of the package finds it. */
export const nativeOf: unique symbol = Symbol.for('rockstar.native')

/** Our `Request` and `Response` answer with their native counterpart under this name, in every copy of the package. */
export const asNative: unique symbol = Symbol.for('rockstar.as-native')

/** The native classes. The first call loads them, which takes Node 10 to 40 ms. */
export function natives(): Natives {
  return {
    Request: unwrap(globalThis.Request),
    Response: unwrap(globalThis.Response),
    Headers: unwrap(globalThis.Headers),
    fetch: unwrap(globalThis.fetch),
  }
}

/**
 * The native `Request` or `Response` behind one of ours; anything else comes back as it is. For code that took hold of
 * a native class before the server started, and for libraries that check for undici's private fields. The native
 * object takes the body over; asking again gives the same one.
 */
export function toNative(value: Request): Request
export function toNative(value: Response): Response
export function toNative(value: unknown): unknown
export function toNative(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !(asNative in value)) return value
  const give = value[asNative]
  return typeof give === 'function' ? Reflect.apply(give, value, []) : value
}

/** Have the native classes been loaded already? Their properties cannot be looked at without loading them. */
export function areNativesLoaded(): boolean {
  const loaded: unknown = Reflect.get(process, 'moduleLoadList')
  // Without the list nothing is known, and loading them once too early is only slow.
  return !Array.isArray(loaded) || loaded.includes('NativeModule internal/deps/undici/undici')
}

function unwrap<Value extends object>(value: Value): Value {
  // Only this package defines the symbol, and with the native value of the same kind.
  return (value as { readonly [nativeOf]?: Value })[nativeOf] ?? value
}
