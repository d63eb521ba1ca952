import type { Worker } from 'node:cluster'
import cluster from 'node:cluster'
import { RockstarError } from '../../src/errors/index.ts'
import type { BoundAddress, DrainReport } from '../../src/server/index.ts'
import { formatEvent } from './log.ts'
import type { ResolvedServe, ServeOptions } from './options.ts'
import type { CloseOptions, Server } from './server.ts'
import { firstAddress } from './server.ts'
import { handleSignals } from './signals.ts'

/** What primary and workers tell each other. */
type Message =
  | { readonly rockstar: 'listening'; readonly addresses: readonly BoundAddress[] }
  | { readonly rockstar: 'stop'; readonly graceMs: number }
  | { readonly rockstar: 'stopped'; readonly report: DrainReport }
  | { readonly rockstar: 'reload-tls' }

const firstDelayMs = 100
const maxDelayMs = 30_000
/** A worker that lived this long was healthy: the next one starts at once. */
const healthyMs = 60_000
/** So many workers that never listened make the start fail. */
const maxFailedStarts = 3
/** How long a worker may take to end after its grace time, before it is killed. */
const killMs = 2000

/** A server of several processes, seen from the first. */
export interface PreforkServer extends Server {
  /** Replaces the workers one after the other; each new one listens before its predecessor drains. */
  reload(): Promise<void>
  /** Process ids of the workers that listen. */
  readonly pids: readonly number[]
}

/** Is this the process that supervises? */
export function isPrimary(): boolean {
  return cluster.isPrimary
}

/** In a worker: stops when the primary says so, or when it is gone. */
export function obeyPrimary(server: Server): void {
  tell({ rockstar: 'listening', addresses: server.addresses })
  async function stop(options: CloseOptions): Promise<void> {
    const report = await server.close(options).catch(() => ({ finished: 0, cut: 0, tookMs: 0 }))
    tell({ rockstar: 'stopped', report })
    setTimeout(() => process.exit(report.cut > 0 ? 1 : 0), 20)
  }
  process.on('message', (message: Message) => {
    if (message.rockstar === 'stop') void stop({ graceMs: message.graceMs })
    if (message.rockstar === 'reload-tls') server.reloadTls().catch(() => undefined)
  })
  process.on('disconnect', () => void stop({}))
}

/** Starts the workers and keeps their number up. Resolves when all listen. */
export async function superviseWorkers(options: ResolvedServe, given: ServeOptions): Promise<PreforkServer> {
  const supervisor = new Supervisor(options, given)
  await supervisor.start()
  return supervisor.handle()
}

class Supervisor {
  readonly #options: ResolvedServe
  readonly #log: NonNullable<ServeOptions['log']>
  readonly #workers = new Set<Worker>()
  readonly #started = Promise.withResolvers<void>()
  #addresses: readonly BoundAddress[] = []
  #delayMs = firstDelayMs
  #failedStarts = 0
  #everListened = false
  #closing: Promise<DrainReport> | null = null

  constructor(options: ResolvedServe, given: ServeOptions) {
    this.#options = options
    this.#log =
      given.log ?? ((event) => void process.stderr.write(formatEvent(event, process.stderr.isTTY === true)))
  }

  async start(): Promise<void> {
    for (let count = 0; count < this.#options.workers; count++) this.#fork()
    await this.#started.promise
  }

  handle(): PreforkServer {
    const server: PreforkServer = {
      ...firstAddress(this.#addresses),
      role: 'primary',
      close: (options: CloseOptions = {}) => {
        this.#closing ??= this.#close(options.graceMs ?? this.#options.graceMs)
        return this.#closing
      },
      reload: () => this.#reload(),
      reloadTls: async () => {
        for (const worker of this.#workers) send(worker, { rockstar: 'reload-tls' })
      },
      pids: [],
      async [Symbol.asyncDispose](): Promise<void> {
        await this.close()
      },
    }
    Object.defineProperty(server, 'pids', {
      get: () => [...this.#workers].flatMap(({ process: { pid } }) => pid ?? []),
    })
    if (this.#options.signals) handleSignals(server, this.#log)
    return server
  }

  /** Starts one worker; resolves when it listens. */
  #fork(): Promise<void> {
    const listening = Promise.withResolvers<void>()
    const worker = cluster.fork()
    const began = Date.now()
    this.#workers.add(worker)
    worker.on('message', (message: Message) => {
      if (message.rockstar !== 'listening') return
      this.#everListened = true
      this.#addresses = message.addresses
      listening.resolve()
      this.#countListening()
    })
    worker.once('exit', (code, signal) => {
      this.#workers.delete(worker)
      listening.resolve()
      if (this.#closing === null && !worker.exitedAfterDisconnect)
        this.#replace(worker, Date.now() - began, signal ?? `exit code ${code}`)
    })
    return listening.promise
  }

  #listening = 0

  #countListening(): void {
    this.#listening++
    if (this.#listening >= this.#options.workers) this.#started.resolve()
  }

  /** A crashed worker is replaced after a delay that doubles while they keep crashing. */
  #replace(worker: Worker, livedMs: number, reason: string): void {
    if (!this.#everListened && ++this.#failedStarts >= maxFailedStarts) {
      for (const other of this.#workers) other.process.kill('SIGKILL')
      this.#closing = Promise.resolve({ finished: 0, cut: 0, tookMs: 0 })
      this.#started.reject(
        new RockstarError(
          'LISTEN_FAILED',
          `Expected a worker to listen, ${maxFailedStarts} ended before: ${reason}`,
        ),
      )
      return
    }
    if (livedMs >= healthyMs) this.#delayMs = firstDelayMs
    const delayMs = Math.round(this.#delayMs * (0.5 + Math.random()))
    this.#delayMs = Math.min(this.#delayMs * 2, maxDelayMs)
    const message = `Worker ${worker.process.pid ?? 0} ended with ${reason}; another starts in ${delayMs} ms`
    this.#log({ kind: 'server.worker-crashed', level: 'error', message, fields: { delayMs } })
    setTimeout(() => {
      if (this.#closing === null) void this.#fork()
    }, delayMs)
  }

  async #reload(): Promise<void> {
    for (const old of this.#snapshot()) {
      await this.#fork()
      await this.#stopWorker(old, this.#options.graceMs)
    }
  }

  /** The workers as they are now: their set changes while they are replaced. */
  #snapshot(): Worker[] {
    return [...this.#workers]
  }

  async #close(graceMs: number): Promise<DrainReport> {
    const began = performance.now()
    const reports = await Promise.all([...this.#workers].map((worker) => this.#stopWorker(worker, graceMs)))
    return {
      finished: reports.reduce((sum, { finished }) => sum + finished, 0),
      cut: reports.reduce((sum, { cut }) => sum + cut, 0),
      tookMs: Math.round(performance.now() - began),
    }
  }

  #stopWorker(worker: Worker, graceMs: number): Promise<DrainReport> {
    return new Promise((resolve) => {
      let report: DrainReport = { finished: 0, cut: 0, tookMs: 0 }
      worker.exitedAfterDisconnect = true
      worker.on('message', (message: Message) => {
        if (message.rockstar === 'stopped') report = message.report
      })
      const timer = setTimeout(() => worker.process.kill('SIGKILL'), graceMs + killMs)
      worker.once('exit', () => {
        clearTimeout(timer)
        resolve(report)
      })
      send(worker, { rockstar: 'stop', graceMs })
    })
  }
}

function tell(message: Message): void {
  if (process.connected) process.send?.(message)
}

function send(worker: Worker, message: Message): void {
  if (worker.isConnected()) worker.send(message)
}
