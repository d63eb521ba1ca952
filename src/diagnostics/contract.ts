/** What one part of the framework tells those who log, count or trace. */
export interface DiagnosticEvent {
  /** What happened, stable and dotted: `request.failed`, `database.slow`, `server.listening`. */
  readonly kind: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** One line for a human. Holds no secret and no unbounded input. */
  readonly message: string
  readonly error?: unknown
  /** Small, flat facts. Values are strings, numbers and booleans. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>
}

/** Hears events. Runs synchronously; what it throws is swallowed. */
export type DiagnosticListener = (event: DiagnosticEvent) => void

/** The channel that managers speak on. One per app; no events are kept. */
export interface Diagnostics {
  emit(event: DiagnosticEvent): void
  /** Returns a function that ends the subscription; calling it twice does nothing more. */
  subscribe(listener: DiagnosticListener): () => void
}
