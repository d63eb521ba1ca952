/** Our objects answer with their native counterpart under this name, in every copy and every adapter of the package. */
export const asNative: unique symbol = Symbol.for('rockstar.as-native')
/** A stand-in on the globals carries what it stands for under this name. */
const nativeOf: unique symbol = Symbol.for('rockstar.native')

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

/** Have the native classes been loaded already? Their properties cannot be looked at without loading them. */
export function areNativesLoaded(): boolean {
  const loaded: unknown = Reflect.get(process, 'moduleLoadList')
  // Without the list nothing is known, and loading them once too early is only slow.
  return !Array.isArray(loaded) || loaded.includes('NativeModule internal/deps/undici/undici')
}

/**
 * The native object behind one of ours; anything else comes back as it is. For code that builds `new Request(request)`
 * in the first event of a cold start, and for libraries that look for undici's private fields. The native object takes
 * the body over; asking again gives the same one.
 */
export function toNative(value: Request): Request
export function toNative(value: Response): Response
export function toNative(value: unknown): unknown
export function toNative(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !(asNative in value)) return value
  const give = value[asNative]
  return typeof give === 'function' ? Reflect.apply(give, value, []) : value
}

/**
 * Lets the members of `names` be asked of the native object. They are getters, and methods bound to the native object.
 * What a class has itself stays.
 */
export function delegate(prototype: object, names: readonly string[]): void {
  for (const name of names) {
    if (Object.hasOwn(prototype, name)) continue
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(): unknown {
        const native: unknown = toNative(this)
        const value: unknown =
          typeof native === 'object' && native !== null ? Reflect.get(native, name) : undefined
        return typeof value === 'function' ? value.bind(native) : value
      },
    })
  }
}

/**
 * Lets `instanceof` see ours as native ones without loading the native class: whoever asks has loaded it, and only then
 * is the prototype linked.
 */
export function linkLater(prototype: object, name: 'Request' | 'Response' | 'Headers'): void {
  const parent = new Proxy(
    {},
    {
      getPrototypeOf(): object {
        // A constructor of undici's would take ours for its own then, and fail for want of its private fields.
        if (!areNativesLoaded() || isAskedByUndici()) return Object.prototype
        Object.setPrototypeOf(prototype, globalThis[name].prototype)
        return globalThis[name].prototype
      },
    },
  )
  Object.setPrototypeOf(prototype, parent)
}

/**
 * Puts stand-ins on the globals: `fetch(ours)` at once, `new Request(ours)` as soon as the native class has been loaded
 * by anybody, for looking at it would load it. Called once per event; does nothing when all is done, or when another
 * adapter of the package has done it.
 */
export function installStandIns(): void {
  if (!(nativeOf in globalThis.fetch)) setGlobal('fetch', fetchStandIn(globalThis.fetch))
  if (areNativesLoaded() && !(nativeOf in globalThis.Request))
    setGlobal('Request', requestStandIn(globalThis.Request))
}

function isAskedByUndici(): boolean {
  return new Error('Asked').stack?.includes('node:internal/deps/undici') === true
}

function fetchStandIn(native: typeof fetch): typeof fetch {
  function standIn(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    if (typeof input !== 'object' || !(asNative in input) || input instanceof URL) return native(input, init)
    const request = toNative(input)
    for (const name of connectionFields) request.headers.delete(name)
    return native(request, init)
  }
  Object.defineProperty(standIn, 'name', { value: 'fetch' })
  return Object.assign(standIn, { [nativeOf]: native })
}

function requestStandIn(native: typeof Request): typeof Request {
  function construct(...args: unknown[]): object {
    if (new.target === undefined)
      throw new TypeError("Class constructor Request cannot be invoked without 'new'")
    const [input, ...rest] = args
    const target = new.target === construct ? native : new.target
    return Reflect.construct(native, args.length === 0 ? [] : [toNative(input), ...rest], target)
  }
  Object.setPrototypeOf(construct, native)
  Object.defineProperty(construct, 'name', { value: 'Request' })
  Object.defineProperty(construct, 'length', { value: native.length })
  // One prototype, so that `instanceof` holds both ways.
  Object.defineProperty(construct, 'prototype', { value: native.prototype, writable: false })
  Object.defineProperty(construct, nativeOf, { value: native })
  // It constructs what the native class constructs, and inherits its statics.
  return construct as unknown as typeof Request
}

function setGlobal(name: 'fetch' | 'Request', value: unknown): void {
  const enumerable = name === 'fetch'
  Object.defineProperty(globalThis, name, { configurable: true, enumerable, writable: true, value })
}
