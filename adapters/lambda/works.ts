import type { DiagnosticListener } from '../../src/diagnostics/index.ts'

/** Work that goes on after the answers that it belongs to. */
export interface Works {
  /** Keeps `work` in mind until it ends. A failure is one line of the log. */
  add(work: Promise<unknown>): void
  /**
   * Resolves when all work has ended, that included which it hands over itself, or after `timeoutMs`: to the number of
   * works that have not.
   */
  idle(timeoutMs: number): Promise<number>
  readonly size: number
}

/** Makes a tracker of work without any. */
export function createWorks(log: DiagnosticListener): Works {
  const works = new Set<Promise<unknown>>()
  return {
    get size(): number {
      return works.size
    },
    add(work: Promise<unknown>): void {
      const tracked: Promise<unknown> = work
        .catch((error: unknown) => {
          const message = `Work after a response failed: ${String(error).slice(0, 500)}`
          log({ kind: 'work.failed', level: 'error', message, error })
        })
        .finally(() => works.delete(tracked))
      works.add(tracked)
    },
    async idle(timeoutMs: number): Promise<number> {
      let isLate = false
      const late = Promise.withResolvers<void>()
      const timer = setTimeout(() => {
        isLate = true
        late.resolve()
      }, timeoutMs)
      while (works.size > 0 && !isLate) await Promise.race([Promise.all(works), late.promise])
      clearTimeout(timer)
      return works.size
    },
  }
}
