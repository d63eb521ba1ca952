import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'

const maxStack = 4000

/** One event as one line of JSON, whose fields CloudWatch Logs finds. */
export function formatEvent({ kind, level, message, error, fields }: DiagnosticEvent): string {
  const stack = error instanceof Error ? error.stack?.slice(0, maxStack) : undefined
  return `${JSON.stringify({ at: new Date().toISOString(), level, kind, message, ...fields, stack })}\n`
}

/** Writes to standard error, which Lambda sends to CloudWatch Logs. */
export function writeLine(event: DiagnosticEvent): void {
  process.stderr.write(formatEvent(event))
}
