import type { DiagnosticEvent, DiagnosticListener, Diagnostics } from './contract.ts'

/** Makes a channel. A listener that throws harms neither the sender nor the other listeners. */
export function createDiagnostics(): Diagnostics {
  const listeners = new Set<DiagnosticListener>()
  return {
    emit(event: DiagnosticEvent): void {
      for (const listener of listeners) {
        try {
          listener(event)
        } catch {
          // A listener that fails must not fail the request it was told about.
        }
      }
    },
    subscribe(listener: DiagnosticListener): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
