import { RockstarError } from '../errors/index.ts'
import type { Clock } from '../platform/contract.ts'
import type {
  BoundAddress,
  DrainReport,
  Listener,
  ServerManager,
  ServerState,
  StopOptions,
} from './contract.ts'

/** How long answers that are complete may take to reach their clients, in milliseconds. */
const flushMs = 1000
/** How long the sockets that were cut may take to close, in milliseconds. */
const destroyMs = 5000

/** Makes the manager of these listeners. Whoever made a listener leaves it to the manager from here on. */
export function createServerManager(listeners: readonly Listener[], clock: Clock): ServerManager {
  return new ListenerManager(listeners, clock)
}

class ListenerManager implements ServerManager {
  readonly #listeners: readonly Listener[]
  readonly #clock: Clock
  readonly #onDraining = new Set<() => void>()
  #state: ServerState = 'idle'
  #addresses: readonly BoundAddress[] = []
  #opening: Promise<PromiseSettledResult<BoundAddress>[]> | null = null
  #stopping: Promise<DrainReport> | null = null

  constructor(listeners: readonly Listener[], clock: Clock) {
    this.#listeners = listeners
    this.#clock = clock
  }

  get state(): ServerState {
    return this.#state
  }

  get addresses(): readonly BoundAddress[] {
    return this.#addresses
  }

  get active(): number {
    return this.#listeners.reduce((sum, { activity }) => sum + activity.active, 0)
  }

  async start(): Promise<readonly BoundAddress[]> {
    if (this.#state !== 'idle') {
      throw new RockstarError(
        'SERVER_STOPPING',
        `Expected a server that was never started, this one is ${this.#state}; make another`,
      )
    }
    this.#state = 'starting'
    this.#opening = Promise.allSettled(this.#listeners.map((listener) => listener.open()))
    const results = await this.#opening
    const failure = results.find((result) => result.status === 'rejected')
    if (failure !== undefined) {
      await this.stop({ graceMs: 0 })
      throw failure.reason
    }
    if (this.#stopping !== null) {
      await this.#stopping
      throw new RockstarError(
        'SERVER_STOPPING',
        'Expected to listen, the server was stopped while it started',
      )
    }
    this.#addresses = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    this.#state = 'listening'
    return this.#addresses
  }

  onDraining(callback: () => void): () => void {
    this.#onDraining.add(callback)
    return () => void this.#onDraining.delete(callback)
  }

  stop(options: StopOptions): Promise<DrainReport> {
    this.#stopping ??= this.#stop(options)
    return this.#stopping
  }

  async #stop({ graceMs, delayMs = 0 }: StopOptions): Promise<DrainReport> {
    const began = this.#clock.monotonic()
    const before = this.#state
    this.#state = 'draining'
    this.#tellDraining()
    if (before === 'listening' && delayMs > 0) await this.#after(delayMs)
    // A listener that is just opening can only be closed when it is open.
    if (before === 'starting') await this.#opening
    const endedBefore = this.#ended
    const lastMoment = this.#clock.monotonic() + graceMs
    for (const listener of this.#listeners) {
      listener.activity.draining = true
      listener.stopAccepting()
    }
    const closed = Promise.all(this.#listeners.map((listener) => listener.closed()))
    await this.#whenIdle(graceMs)
    const leftMs = lastMoment - this.#clock.monotonic()
    if (leftMs > 0) await Promise.race([closed, this.#after(Math.min(flushMs, leftMs))])
    const cut = this.active
    const finished = this.#ended - endedBefore
    for (const listener of this.#listeners) listener.destroy()
    await Promise.race([closed, this.#after(destroyMs)])
    this.#state = 'stopped'
    return { finished, cut, tookMs: Math.round(this.#clock.monotonic() - began) }
  }

  /** Requests that ever ended. */
  get #ended(): number {
    return this.#listeners.reduce((sum, { activity }) => sum + activity.total - activity.active, 0)
  }

  #tellDraining(): void {
    for (const callback of this.#onDraining) {
      try {
        callback()
      } catch {
        // Nothing may keep a server from stopping.
      }
    }
    this.#onDraining.clear()
  }

  /** Resolves when no request runs, or when the grace time is over. */
  #whenIdle(graceMs: number): Promise<void> {
    if (this.active === 0 || graceMs === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(graceMs, resolve)
      const check = (): void => {
        if (this.active > 0) return
        cancel()
        resolve()
      }
      for (const listener of this.#listeners) listener.activity.onEnd = check
    })
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.schedule(ms, resolve))
  }
}
