import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { Server } from './server.ts'

const stops = ['SIGTERM', 'SIGINT'] as const

/** What to do on a signal besides stopping. */
export interface SignalOptions {
  readonly log: DiagnosticListener
  /** Is there a certificate to reload on SIGHUP? Else that signal keeps its meaning: the terminal is gone. */
  readonly hasTls: boolean
  /** Called before the process exits because of a second signal. */
  readonly onForcedExit?: () => void
}

/**
 * Drains and exits on SIGTERM and SIGINT: with 0, or with 1 when requests were cut or the stop failed. A second signal
 * exits at once. SIGHUP reloads certificates, SIGUSR2 replaces workers. Returns a function that takes the listeners off.
 */
export function handleSignals(server: Server, { log, hasTls, onForcedExit }: SignalOptions): () => void {
  let stopping = false

  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (stopping) {
      onForcedExit?.()
      process.exit(1)
    }
    stopping = true
    log({ kind: 'server.draining', level: 'info', message: `${signal}: finishing running requests` })
    try {
      const { finished, cut, tookMs } = await server.close()
      log({
        kind: 'server.stopped',
        level: cut > 0 ? 'warn' : 'info',
        message: `Stopped after ${tookMs} ms: ${finished} requests finished, ${cut} cut`,
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

  function onReloadTls(): void {
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

  function onReload(): void {
    if (server.role !== 'primary') return
    server.reload().then(
      () => log({ kind: 'server.reloaded', level: 'info', message: 'All workers were replaced' }),
      (error: unknown) =>
        log({ kind: 'server.reload-failed', level: 'error', message: String(error), error }),
    )
  }

  const onStop = (signal: NodeJS.Signals): void => void stop(signal)
  for (const signal of stops) process.on(signal, onStop)
  if (hasTls) process.on('SIGHUP', onReloadTls)
  if (server.role === 'primary') process.on('SIGUSR2', onReload)
  return () => {
    process.off('SIGHUP', onReloadTls).off('SIGUSR2', onReload)
    // During a stop a second signal must still find its way.
    if (stopping) return
    for (const signal of stops) process.off(signal, onStop)
  }
}
