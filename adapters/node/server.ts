import { RockstarError } from '../../src/errors/index.ts'
import type { BoundAddress, DrainReport } from '../../src/server/index.ts'

/** How a server is to be closed. */
export interface CloseOptions {
  /** How long running requests may go on, in milliseconds. Default: the option of `serve`. */
  readonly graceMs?: number
}

/** A server that listens. */
export interface Server {
  /** What to open: `http://127.0.0.1:3000`. Of several addresses the first. */
  readonly url: string
  /** 0 for a Unix socket. */
  readonly port: number
  readonly addresses: readonly BoundAddress[]
  /** `single`, or what this process is in a server of several: the `primary` answers no request itself. */
  readonly role: 'single' | 'primary' | 'worker'
  /**
   * Stops accepting, lets running requests end within the grace time, cuts the others, waits for work after
   * responses, stops the app. Idempotent. Nothing keeps the process alive afterwards.
   */
  close(options?: CloseOptions): Promise<DrainReport>
  /** Reads certificates again. If one cannot be used, `TLS_INVALID`, and all stay as they were. */
  reloadTls(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** The url and port of the first address, and all of them. */
export function firstAddress(addresses: readonly BoundAddress[]): Pick<Server, 'url' | 'port' | 'addresses'> {
  const [first] = addresses
  if (first === undefined)
    throw new RockstarError('LISTEN_FAILED', 'Expected at least one address to listen on')
  return { url: first.url, port: first.port, addresses }
}
