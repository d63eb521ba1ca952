import { RockstarError } from '../errors/index.ts'
import type { ServerEvent } from './contract.ts'

/** A comment, which clients throw away (HTML Standard §9.2.6). */
export const heartbeat: Uint8Array<ArrayBuffer> = new TextEncoder().encode(':\n\n')

/** Formats an event as it goes on the wire (HTML Standard §9.2.5). `HEADER_INVALID` for an id or name with a line break. */
export function formatServerEvent({ data, event, id, retryMs }: ServerEvent): Uint8Array<ArrayBuffer> {
  let text = ''
  if (retryMs !== undefined) text += formatRetry(retryMs)
  if (id !== undefined) text += `id: ${oneLine('id', id)}\n`
  if (event !== undefined) text += `event: ${oneLine('event', event)}\n`
  // Each line break would end the field, and what follows would be read as a field of its own.
  for (const line of data.split(/\r\n|\r|\n/)) text += `data: ${line}\n`
  return new TextEncoder().encode(`${text}\n`)
}

/** The field that tells how long to wait before the next connection. */
export function formatRetry(retryMs: number): string {
  if (!Number.isInteger(retryMs) || retryMs < 0 || retryMs > 2 ** 31 - 1)
    throw new RangeError(`Expected retryMs from 0 to 2147483647, got ${retryMs}`)
  return `retry: ${retryMs}\n`
}

/** Security: a line break in a field would let its value add fields and events. */
function oneLine(name: string, value: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (!/[\r\n\0]/.test(value)) return value
  throw new RockstarError('HEADER_INVALID', `Expected the ${name} of an event without CR, LF and NUL`)
}
