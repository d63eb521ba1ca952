import type { PrimaryMessage, WorkerMessage } from './prefork-messages.ts'
import { isMessage } from './prefork-messages.ts'
import type { AnsweringServer, CloseOptions } from './server.ts'

/** How much of an error goes to the first process. */
const maxReason = 2000

/** In a worker that listens: stops when the first process says so, when it is gone, or on SIGTERM of its own. */
export function obeyPrimary(server: AnsweringServer, obeysSignals: boolean): void {
  let stopping = false
  async function stop(options: CloseOptions): Promise<void> {
    if (stopping) return
    stopping = true
    const report = await server.close(options).catch(() => null)
    const code = report === null || report.cut > 0 ? 1 : 0
    tell({ rockstar: 'stopped', report: report ?? { finished: 0, cut: 0, tookMs: 0 } }, () =>
      process.exit(code),
    )
  }
  process.on('message', (message: unknown) => {
    if (!isMessage<PrimaryMessage>(message)) return
    if (message.rockstar === 'stop') void stop({ graceMs: message.graceMs })
    if (message.rockstar === 'reload-tls') {
      server.reloadTls().then(
        () => tell({ rockstar: 'tls-reloaded', problem: null }),
        (error: unknown) => tell({ rockstar: 'tls-reloaded', problem: describe(error) }),
      )
    }
  })
  process.on('disconnect', () => void stop({}))
  if (obeysSignals) {
    process.on('SIGTERM', () => void stop({}))
    // Ctrl-C reaches all processes of a terminal; the first one tells when to stop.
    process.on('SIGINT', () => undefined)
  }
  if (process.connected) tell({ rockstar: 'listening', addresses: server.addresses })
  else void stop({})
}

/** In a worker that does not come to listen: tells why. */
export function tellFailure(error: unknown): void {
  tell({ rockstar: 'failed', reason: describe(error) })
}

function tell(message: WorkerMessage, done: () => void = () => undefined): void {
  if (process.connected && process.send !== undefined) process.send(message, undefined, undefined, done)
  else done()
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, maxReason)
}
