import type { DiagnosticEvent } from '../../src/diagnostics/index.ts'

const maxStack = 4000

/** Security: what a terminal takes for commands, which a request could bring into a message. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g

/** One event as one line: JSON for machines, plain text for a terminal, where an error brings its stack. */
export function formatEvent(event: DiagnosticEvent, pretty: boolean): string {
  const { kind, level, message, error, fields } = event
  const stack = error instanceof Error ? error.stack?.slice(0, maxStack) : undefined
  const at = new Date().toISOString()
  if (!pretty) return `${JSON.stringify({ at, level, kind, message, ...fields, stack })}\n`
  const lines = level === 'error' && stack !== undefined ? `\n${stack}` : ''
  return `${at.slice(11, 23)} ${level.padEnd(5)} ${kind} ${`${message}${lines}`.replace(control, '?')}\n`
}
