import type { Platform } from '../../src/platform/index.ts'
import type { BoundAddress, DrainReport, Listener, ManagedApp, ServerState } from '../../src/server/index.ts'
import { createServerManager } from '../../src/server/index.ts'
import type { Draining } from './draining.ts'
import type { SignalSource } from './signals.ts'
import { handleSignals } from './signals.ts'

/** How a server is to be closed. */
export interface CloseOptions {
  /** How long running requests may go on, in milliseconds. Default: the option of `serve`. */
  readonly graceMs?: number
}

/** A server that listens. */
export interface Server {
  /** What to open: `http://127.0.0.1:3000`. */
  readonly url: string
  /** 0 for a Unix socket. */
  readonly port: number
  readonly addresses: readonly BoundAddress[]
  /** Where it is in its life: `listening`, `draining` or `stopped`. */
  readonly state: ServerState
  /** Calls `callback` once when a stop begins: the moment for a health check to turn. Returns a function that ends it. */
  onDraining(callback: () => void): () => void
  /**
   * Stops accepting, lets running requests end within the grace time, cuts the others, waits for work after responses
   * in what is left of it, stops the app. Further calls share the first.
   */
  close(options?: CloseOptions): Promise<DrainReport>
  [Symbol.asyncDispose](): Promise<void>
}

/** What one server is made of. */
export interface ServerParts {
  readonly app: ManagedApp
  readonly platform: Platform & { idle(timeoutMs: number): Promise<void> }
  /** Who is told when a stop begins. */
  readonly draining: Draining
  readonly listener: Listener
  readonly graceMs: number
  readonly drainDelayMs: number
  /** Null leaves signals alone. */
  readonly signals: SignalSource | null
}

/** Starts the app, opens the listener, and joins their lives. */
export async function openServer(parts: ServerParts): Promise<Server> {
  const { app, platform, draining, listener, drainDelayMs } = parts
  await app.start(platform)
  const manager = createServerManager([listener], platform.clock)
  manager.onDraining(() => draining.start(platform.log))
  try {
    await manager.start()
  } catch (error) {
    await app.stop().catch(() => undefined)
    throw error
  }
  const [address] = manager.addresses
  let closing: Promise<DrainReport> | null = null
  let release = (): void => undefined

  async function close(graceMs: number): Promise<DrainReport> {
    // The clock's timers keep no process alive, and a server that stops may not either.
    const hold = setInterval(() => undefined, 60_000)
    try {
      const report = await manager.stop({ graceMs, delayMs: drainDelayMs })
      await platform.idle(Math.max(0, graceMs + drainDelayMs - report.tookMs))
      release()
      await app.stop()
      return report
    } finally {
      clearInterval(hold)
    }
  }

  const server: Server = {
    url: address?.url ?? '',
    port: address?.port ?? 0,
    addresses: manager.addresses,
    get state() {
      return manager.state
    },
    onDraining: (callback) => manager.onDraining(callback),
    close(options: CloseOptions = {}): Promise<DrainReport> {
      closing ??= close(options.graceMs ?? parts.graceMs)
      return closing
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await this.close()
    },
  }
  if (parts.signals !== null) release = handleSignals(server, parts.signals, platform.log)
  return server
}
