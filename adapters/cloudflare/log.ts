import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'

const maxStack = 4000

/** One event as one line of JSON, of which Workers Logs makes fields. */
export function logLine(event: DiagnosticEvent): void {
  const { kind, level, message, error, fields } = event
  const stack = error instanceof Error ? error.stack?.slice(0, maxStack) : undefined
  // oxlint-disable-next-line no-console -- the console is where a Worker's log is
  console[level](JSON.stringify({ level, kind, message, ...fields, stack }))
}
