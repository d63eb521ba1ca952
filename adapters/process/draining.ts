import type { DiagnosticListener } from '../../src/diagnostics/index.ts'

/** Who wants to hear that the server begins to stop. */
export interface Draining {
  /** As `Platform.onDraining`. */
  on(callback: () => void): () => void
  /** Calls them all, each once. What one throws is one line of the log. */
  start(log: DiagnosticListener): void
}

/** Nobody yet. */
export function createDraining(): Draining {
  const callbacks = new Set<() => void>()
  let isDraining = false
  return {
    on(callback): () => void {
      if (isDraining) callback()
      else callbacks.add(callback)
      return () => void callbacks.delete(callback)
    },
    start(log): void {
      isDraining = true
      for (const callback of callbacks) {
        callbacks.delete(callback)
        try {
          callback()
        } catch (error) {
          log({ kind: 'server.draining-failed', level: 'error', message: String(error).slice(0, 500), error })
        }
      }
    },
  }
}
