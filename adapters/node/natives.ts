/** The runtime's own classes, before any stand-in. */
export interface Natives {
  readonly Request: typeof Request
  readonly Response: typeof Response
  readonly Headers: typeof Headers
  readonly fetch: typeof fetch
}

/** Stand-ins carry what they stand for under this name, so that another copy of the package finds it too. */
export const nativeOf: unique symbol = Symbol.for('rockstar.native')

/** The native classes. The first call loads them, which takes Node some 45 ms. */
export function natives(): Natives {
  return {
    Request: unwrap(globalThis.Request),
    Response: unwrap(globalThis.Response),
    Headers: unwrap(globalThis.Headers),
    fetch: unwrap(globalThis.fetch),
  }
}

function unwrap<Value extends object>(value: Value): Value {
  // Only this package defines the symbol, and with the native value of the same kind.
  return ((value as { [nativeOf]?: Value })[nativeOf]) ?? value
}
