import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { Server } from './server.ts'

const stops = ['SIGTERM', 'SIGINT'] as const

/**
 * Drains and exits on SIGTERM and SIGINT: with 0, or with 1 when requests were cut or the stop failed. A second signal
 * exits at once. SIGHUP reloads certificates. Returns a function that takes the listeners off.
 */
export function handleSignals(server: Server, log: DiagnosticListener): () => void {
  let stopping = false

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (stopping) process.exit(1)
    stopping = true
    log({ kind: 'server.draining', level: 'info', message: `${signal}: finishing running requests` })
    try {
      const { finished, cut, tookMs } = await server.close()
      const message = `Stopped after ${tookMs} ms: ${finished} requests finished, ${cut} cut`
      log({
        kind: 'server.stopped',
        level: cut > 0 ? 'warn' : 'info',
        message,
        fields: { finished, cut, tookMs },
      })
      process.exit(cut > 0 ? 1 : 0)
    } catch (error) {
      log({
        kind: 'server.stop-failed',
        level: 'error',
        message: error instanceof Error ? error.message : String(error),
        error,
      })
      process.exit(1)
    }
  }

  function reload(): void {
    server.reloadTls().then(
      () => log({ kind: 'server.tls-reloaded', level: 'info', message: 'Certificates were read again' }),
      (error: unknown) =>
        log({
          kind: 'server.tls-kept',
          level: 'error',
          message: `Certificates stay as they were: ${String(error)}`,
          error,
        }),
    )
  }

  const onStop = (signal: NodeJS.Signals): void => void stop(signal)
  for (const signal of stops) process.on(signal, onStop)
  process.on('SIGHUP', reload)
  return () => {
    // During a stop a second signal must still find its way.
    if (stopping) return
    for (const signal of stops) process.off(signal, onStop)
    process.off('SIGHUP', reload)
  }
}
