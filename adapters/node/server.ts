import { RockstarError } from '../../src/errors/index.ts'
import type { BoundAddress, DrainReport, ServerState } from '../../src/server/index.ts'

/** How a server is to be closed. */
export interface CloseOptions {
  /** How long running requests may go on, in milliseconds. Default: the option of `serve`. */
  readonly graceMs?: number
}

/** What every server that listens can. */
export interface ServerHandle {
  /** What to open: `http://127.0.0.1:3000`. Of several addresses the first. */
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
   * in what is left of it, stops the app. Further calls share the first. Nothing keeps the process alive afterwards.
   */
  close(options?: CloseOptions): Promise<DrainReport>
  /** Reads certificates again. If one cannot be used, `TLS_INVALID`, and all stay as they were. */
  reloadTls(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A server that answers requests in this process. */
export interface AnsweringServer extends ServerHandle {
  /** Is it the only one, or one of several workers? */
  readonly role: 'single' | 'worker'
}

/** A server of several processes, seen from the first, which answers no request itself. */
export interface PreforkServer extends ServerHandle {
  readonly role: 'primary'
  /** Process ids of the workers that listen. */
  readonly pids: readonly number[]
  /**
   * Replaces the workers one after the other; each new one listens before its predecessor drains. `LISTEN_FAILED` when
   * a new one does not come to listen: those that are left go on. Concurrent calls share one.
   */
  reload(): Promise<void>
}

/** A server that listens. */
export type Server = AnsweringServer | PreforkServer

/** The url and port of the first address, and all of them. */
export function firstAddress(
  addresses: readonly BoundAddress[],
): Pick<ServerHandle, 'url' | 'port' | 'addresses'> {
  const [first] = addresses
  if (first === undefined)
    throw new RockstarError('LISTEN_FAILED', 'Expected at least one address to listen on')
  return { url: first.url, port: first.port, addresses }
}
