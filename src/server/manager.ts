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
  #state: ServerState = 'idle'
  #addresses: readonly BoundAddress[] = []
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
    return this.#listeners.reduce((sum, listener) => sum + listener.activity.active, 0)
  }

  async start(): Promise<readonly BoundAddress[]> {
    if (this.#state !== 'idle') {
      throw new RockstarError(
        'SERVER_STOPPING',
        `Expected a server that was never started, this one is ${this.#state}`,
      )
    }
    this.#state = 'starting'
    const results = await Promise.allSettled(this.#listeners.map((listener) => listener.open()))
    const failure = results.find((result) => result.status === 'rejected')
    if (failure !== undefined) {
      await this.stop({ graceMs: 0 })
      throw failure.reason
    }
    this.#addresses = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    this.#state = 'listening'
    return this.#addresses
  }

  stop(options: StopOptions): Promise<DrainReport> {
    this.#stopping ??= this.#stop(options.graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<DrainReport> {
    const began = this.#clock.monotonic()
    const running = this.active
    const wasOpen = this.#state !== 'idle'
    this.#state = 'draining'
    for (const listener of this.#listeners) {
      listener.activity.draining = true
      if (wasOpen) listener.stopAccepting()
    }
    await this.#whenIdle(graceMs)
    const cut = this.active
    const closed = Promise.all(this.#listeners.map((listener) => listener.closed()))
    if (cut === 0 && graceMs > 0) await Promise.race([closed, this.#after(Math.min(flushMs, graceMs))])
    for (const listener of this.#listeners) listener.destroy()
    await Promise.race([closed, this.#after(destroyMs)])
    this.#state = 'stopped'
    return {
      finished: running - Math.min(running, cut),
      cut,
      tookMs: Math.round(this.#clock.monotonic() - began),
    }
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
