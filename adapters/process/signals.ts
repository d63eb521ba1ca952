import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { DrainReport } from '../../src/server/index.ts'

/** The signals of a runtime that ask a process to stop. */
export interface SignalSource {
  /** Calls `callback` with the name of each that comes. Returns a function that ends it. */
  listen(callback: (signal: string) => void): () => void
  exit(code: number): void
}

/**
 * Drains and exits on a signal: with 0, or with 1 when requests were cut or the stop failed. A second signal exits at
 * once. Returns a function that takes the listener off.
 */
export function handleSignals(
  server: { close(): Promise<DrainReport> },
  source: SignalSource,
  log: DiagnosticListener,
): () => void {
  let isStopping = false

  async function stop(signal: string): Promise<void> {
    log({ kind: 'server.draining', level: 'info', message: `${signal}: finishing running requests` })
    try {
      const { finished, cut, tookMs } = await server.close()
      log({
        kind: 'server.stopped',
        level: cut > 0 ? 'warn' : 'info',
        message: `Stopped after ${tookMs} ms: ${finished} requests finished, ${cut} cut`,
        fields: { finished, cut, tookMs },
      })
      source.exit(cut > 0 ? 1 : 0)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      log({ kind: 'server.stop-failed', level: 'error', message, error })
      source.exit(1)
    }
  }

  const end = source.listen((signal) => {
    if (isStopping) return source.exit(1)
    isStopping = true
    void stop(signal)
  })
  // During a stop a second signal must still find its way.
  return () => {
    if (!isStopping) end()
  }
}
