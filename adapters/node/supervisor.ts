import type { Worker } from 'node:cluster'
import cluster from 'node:cluster'
import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { BoundAddress, DrainReport, ServerState } from '../../src/server/index.ts'
import { formatEvent, prepareSocketPath } from '../process/index.ts'
import type { ResolvedServe } from './options.ts'
import type { PrimaryMessage, WorkerMessage } from './prefork-messages.ts'
import { isMessage, workerVariable } from './prefork-messages.ts'
import type { CloseOptions, PreforkServer } from './server.ts'
import { firstAddress } from './server.ts'
import { handleSignals } from './signals.ts'

const firstDelayMs = 100
const maxDelayMs = 30_000
/** A worker that lived this long was healthy: the delays begin anew. */
const healthyMs = 60_000
/** So many workers that end before all listen make the start fail. */
const maxFailedStarts = 3
/** How long a worker may take until it listens, before it is killed. */
const startMs = 60_000
/** How long a worker may take for the stop of its app after the grace time, before it is killed. */
const killMs = 10_000
/** How long a worker may take to read its certificates again. */
const reloadTlsMs = 10_000

/** Starts the workers and keeps their number up. Resolves when all listen; see `serve`. */
export async function superviseWorkers(
  options: ResolvedServe,
  log: DiagnosticListener = writeLine,
): Promise<PreforkServer> {
  for (const { path } of options.listen) if (path !== null) await prepareSocketPath(path)
  const supervisor = new Supervisor(options, log)
  await supervisor.start()
  return supervisor.handle()
}

/** One worker, and what is known of it. */
interface Member {
  readonly worker: Worker
  /** Resolves when it listens; rejects with the reason when it ends before. */
  readonly listening: Promise<void>
  readonly ended: Promise<void>
  isListening: boolean
  isStopping: boolean
  /** Is it a replacement whose predecessor goes on if it fails? */
  readonly isTrial: boolean
  report: DrainReport | null
}

class Supervisor {
  readonly #options: ResolvedServe
  readonly #log: DiagnosticListener
  readonly #members = new Set<Member>()
  readonly #restarts = new Set<NodeJS.Timeout>()
  readonly #onDraining = new Set<() => void>()
  readonly #started = Promise.withResolvers<void>()
  #state: ServerState = 'starting'
  #addresses: readonly BoundAddress[] = []
  #delayMs = firstDelayMs
  #failedStarts = 0
  #closing: Promise<DrainReport> | null = null
  #reloading: Promise<void> | null = null
  #release = (): void => undefined

  constructor(options: ResolvedServe, log: DiagnosticListener) {
    this.#options = options
    this.#log = log
  }

  async start(): Promise<void> {
    for (let count = 0; count < this.#options.workers; count++) this.#fork(false)
    try {
      await this.#started.promise
      this.#state = 'listening'
    } catch (error) {
      await this.#close(0)
      throw error
    }
  }

  handle(): PreforkServer {
    const state = (): ServerState => this.#state
    const pids = (): number[] => this.#listening.flatMap(({ worker }) => worker.process.pid ?? [])
    const server: PreforkServer = {
      ...firstAddress(this.#addresses),
      role: 'primary',
      get state() {
        return state()
      },
      get pids() {
        return pids()
      },
      onDraining: (callback) => {
        this.#onDraining.add(callback)
        return () => void this.#onDraining.delete(callback)
      },
      close: ({ graceMs = this.#options.graceMs }: CloseOptions = {}) => {
        this.#closing ??= this.#close(graceMs)
        return this.#closing
      },
      reload: () => {
        this.#reloading ??= this.#reload().finally(() => (this.#reloading = null))
        return this.#reloading
      },
      reloadTls: () => this.#reloadTls(),
      async [Symbol.asyncDispose](): Promise<void> {
        await this.close()
      },
    }
    if (this.#options.signals) {
      this.#release = handleSignals(server, {
        log: this.#log,
        hasTls: this.#options.listen.some(({ tls }) => tls !== null),
        onForcedExit: () => this.#killAll(),
      })
    }
    return server
  }

  get #listening(): Member[] {
    return [...this.#members].filter(({ isListening, isStopping }) => isListening && !isStopping)
  }

  #fork(isTrial: boolean): Member {
    const worker = cluster.fork({ [workerVariable]: '1' })
    const listening = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    // Told by `ended` too, where nobody waits for it.
    listening.promise.catch(() => undefined)
    const member: Member = {
      worker,
      listening: listening.promise,
      ended: ended.promise,
      isListening: false,
      isStopping: false,
      isTrial,
      report: null,
    }
    this.#members.add(member)
    const began = performance.now()
    let reason = ''
    const lateness = setTimeout(() => {
      reason = `it did not listen within ${startMs} ms`
      worker.process.kill('SIGKILL')
    }, startMs)
    worker.on('message', (message: unknown) => {
      if (!isMessage<WorkerMessage>(message)) return
      if (message.rockstar === 'failed') reason = message.reason
      if (message.rockstar === 'stopped') member.report = message.report
      if (message.rockstar !== 'listening') return
      clearTimeout(lateness)
      member.isListening = true
      this.#addresses = message.addresses
      listening.resolve()
      if (this.#listening.length >= this.#options.workers) this.#started.resolve()
    })
    worker.once('exit', (code, signal) => {
      clearTimeout(lateness)
      this.#members.delete(member)
      reason ||= signal ?? `exit code ${code}`
      listening.reject(new RockstarError('LISTEN_FAILED', `Expected a worker to listen, it ended: ${reason}`))
      ended.resolve()
      this.#onExit(member, performance.now() - began, reason)
    })
    // What cannot be started or told has its end as event too.
    worker.on('error', (error) => (reason ||= error.message))
    return member
  }

  /** A worker that nobody stopped is replaced, after a delay that doubles while they keep crashing. */
  #onExit(member: Member, livedMs: number, reason: string): void {
    if (member.isStopping || this.#closing !== null || this.#state === 'stopped') return
    if (member.isTrial && !member.isListening) return
    if (this.#state === 'starting' && ++this.#failedStarts >= maxFailedStarts) {
      const message = `Expected all workers to listen, ${maxFailedStarts} ended before: ${reason}`
      this.#started.reject(new RockstarError('LISTEN_FAILED', message))
      return
    }
    if (livedMs >= healthyMs) this.#delayMs = firstDelayMs
    // Random, so that workers that crashed together do not come back together.
    const delayMs = Math.round(this.#delayMs * (0.5 + Math.random() / 2))
    this.#delayMs = Math.min(this.#delayMs * 2, maxDelayMs)
    this.#log({
      kind: 'server.worker-crashed',
      level: 'error',
      message: `Worker ${member.worker.process.pid ?? 0} ended: ${reason}; another starts in ${delayMs} ms`,
      fields: { delayMs },
    })
    const restart = setTimeout(() => {
      this.#restarts.delete(restart)
      this.#fork(false)
    }, delayMs)
    this.#restarts.add(restart)
  }

  async #reload(): Promise<void> {
    for (const old of this.#listening) {
      if (this.#closing !== null) return
      await this.#fork(true).listening
      // It may have crashed meanwhile, and then has been replaced already.
      if (this.#members.has(old)) await this.#stop(old, this.#options.graceMs)
    }
  }

  async #reloadTls(): Promise<void> {
    const problems = await Promise.all(this.#listening.map((member) => this.#reloadTlsOf(member)))
    const problem = problems.find((text) => text !== null)
    if (problem !== undefined && problem !== null) throw new RockstarError('TLS_INVALID', problem)
  }

  #reloadTlsOf({ worker, ended }: Member): Promise<string | null> {
    return new Promise((resolve) => {
      const done = (problem: string | null): void => {
        clearTimeout(timer)
        worker.off('message', onMessage)
        resolve(problem)
      }
      const onMessage = (message: unknown): void => {
        if (isMessage<WorkerMessage>(message) && message.rockstar === 'tls-reloaded') done(message.problem)
      }
      const timer = setTimeout(
        () => done(`Expected worker ${worker.process.pid ?? 0} to reload its certificates, it is silent`),
        reloadTlsMs,
      )
      worker.on('message', onMessage)
      // One that ends has none to reload; its successor reads the new ones.
      void ended.then(() => done(null))
      send(worker, { rockstar: 'reload-tls' })
    })
  }

  async #close(graceMs: number): Promise<DrainReport> {
    const began = performance.now()
    this.#state = 'draining'
    for (const restart of this.#restarts) clearTimeout(restart)
    for (const callback of this.#onDraining) tellDraining(callback)
    const reports = await Promise.all([...this.#members].map((member) => this.#stop(member, graceMs)))
    this.#release()
    this.#state = 'stopped'
    return {
      finished: reports.reduce((sum, { finished }) => sum + finished, 0),
      cut: reports.reduce((sum, { cut }) => sum + cut, 0),
      tookMs: Math.round(performance.now() - began),
    }
  }

  /** One that ends without a report had something to cut, as far as anybody knows. */
  async #stop(member: Member, graceMs: number): Promise<DrainReport> {
    const { worker, ended, isListening } = member
    member.isStopping = true
    if (isListening) send(worker, { rockstar: 'stop', graceMs })
    else worker.process.kill('SIGKILL')
    const timer = setTimeout(
      () => worker.process.kill('SIGKILL'),
      this.#options.drainDelayMs + graceMs + killMs,
    )
    await ended
    clearTimeout(timer)
    return member.report ?? { finished: 0, cut: isListening ? 1 : 0, tookMs: 0 }
  }

  #killAll(): void {
    for (const { worker } of this.#members) worker.process.kill('SIGKILL')
  }
}

function tellDraining(callback: () => void): void {
  try {
    callback()
  } catch {
    // Nothing may keep a server from stopping.
  }
}

function send(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message)
}

function writeLine(event: Parameters<DiagnosticListener>[0]): void {
  process.stderr.write(formatEvent(event, process.stderr.isTTY === true))
}
