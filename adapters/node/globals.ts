import { FlatHeaders } from './headers.ts'
import { areNativesLoaded, natives } from './natives.ts'
import { NodeRequest } from './request.ts'
import { NodeResponse } from './response.ts'
import { classStandIns, fetchStandIn } from './stand-ins.ts'

/** How long after `installFetchGlobals` the native classes are loaded, if nobody has before, in milliseconds. */
const loadAfterMs = 250

/** The record of what is installed, on `globalThis`, so that every copy of the package finds it. */
const installed: unique symbol = Symbol.for('rockstar.fetch-globals')

type ClassName = 'Request' | 'Response' | 'Headers'

/** The prototypes of one copy of the package. */
type Prototypes = Readonly<Record<ClassName, object>>

interface Installed {
  /** Lets the objects of one more copy of the package pass for native ones. */
  link(prototypes: Prototypes): void
  restore(): void
}

/**
 * Lets our `Request` and `Response` pass for the real ones: `instanceof`, `new Request(ours)`, `fetch(ours)`, and makes
 * `new Response(…)` cheap. undici recognises its own objects by private fields, so its constructors must be handed
 * native ones; thin stand-ins on the globals see to it. Idempotent, also between two copies of the package.
 *
 * Node loads its classes when somebody first looks at them, in 10 to 40 ms, and a property that was not looked at
 * cannot be watched. So they are replaced at once if they are there; otherwise 250 ms later, when the start is over.
 * Until then `instanceof` and `fetch` know ours, `new Request(ours)` does not; `toNative(ours)` always helps.
 */
export function installFetchGlobals(): void {
  const before = record()
  const prototypes = {
    Request: NodeRequest.prototype,
    Response: NodeResponse.prototype,
    Headers: FlatHeaders.prototype,
  }
  if (before !== null) return before.link(prototypes)
  const globals = new FetchGlobals()
  Object.defineProperty(globalThis, installed, { configurable: true, value: globals })
  globals.link(prototypes)
  globals.install()
}

/** Takes the stand-ins away, where nobody has put something else in their place. Objects stay linked. */
export function restoreFetchGlobals(): void {
  record()?.restore()
}

function record(): Installed | null {
  const found: unknown = Reflect.get(globalThis, installed)
  // Only this package defines the symbol, always with this interface.
  return typeof found === 'object' && found !== null ? (found as Installed) : null
}

class FetchGlobals implements Installed {
  readonly #waiting: Prototypes[] = []
  readonly #replaced: { name: string; original: unknown; standIn: unknown }[] = []
  #timer: NodeJS.Timeout | null = null
  #isComplete = false

  install(): void {
    this.#replace('fetch', globalThis.fetch, fetchStandIn(globalThis.fetch))
    if (areNativesLoaded()) this.#complete()
    else this.#timer = setTimeout(() => this.#complete(), loadAfterMs).unref()
  }

  link(prototypes: Prototypes): void {
    if (this.#isComplete) return linkAll(prototypes)
    this.#waiting.push(prototypes)
    for (const prototype of Object.values(prototypes)) this.#watch(prototype)
  }

  restore(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const { name, original, standIn } of this.#replaced) {
      if (Reflect.get(globalThis, name) === standIn) setGlobal(name, original)
    }
    Reflect.deleteProperty(globalThis, installed)
  }

  /** Replaces the classes and links ours to them. Loads them if need be. */
  #complete(): void {
    if (this.#isComplete) return
    this.#isComplete = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const prototypes of this.#waiting) linkAll(prototypes)
    for (const [name, standIn] of Object.entries(classStandIns(natives()))) {
      this.#replace(name, Reflect.get(globalThis, name), standIn)
    }
  }

  #replace(name: string, original: unknown, standIn: unknown): void {
    this.#replaced.push({ name, original, standIn })
    setGlobal(name, standIn)
  }

  /** `ours instanceof Request` asks for the prototype of our prototype: the moment to link it, if not done yet. */
  #watch(prototype: object): void {
    const parent = new Proxy(
      {},
      {
        getPrototypeOf: (): object => {
          if (!areNativesLoaded()) return Object.prototype
          this.#complete()
          return Object.getPrototypeOf(prototype) ?? Object.prototype
        },
      },
    )
    Object.setPrototypeOf(prototype, parent)
  }
}

/** Our prototypes inherit from the native ones, of which they override all but the constructor. */
function linkAll(prototypes: Prototypes): void {
  const native = natives()
  for (const prototype of Object.values(prototypes)) Reflect.deleteProperty(prototype, 'constructor')
  Object.setPrototypeOf(prototypes.Request, native.Request.prototype)
  Object.setPrototypeOf(prototypes.Response, native.Response.prototype)
  Object.setPrototypeOf(prototypes.Headers, native.Headers.prototype)
}

function setGlobal(name: string, value: unknown): void {
  const isEnumerable = Object.prototype.propertyIsEnumerable.call(globalThis, name)
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: isEnumerable,
    writable: true,
    value,
  })
}
