import { describe, expect, it } from 'vitest'
import { formatEvent } from '../../../adapters/process/log.ts'

describe('formatEvent()', () => {
  it('writes one line of JSON with the fields', () => {
    const line = formatEvent({ kind: 'a.b', level: 'info', message: 'x\ny', fields: { status: 5 } }, false)
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line)).toMatchObject({ kind: 'a.b', level: 'info', message: 'x\ny', status: 5 })
  })

  it('writes the stack of an error, bounded', () => {
    const error = new Error('long')
    error.stack = 'x'.repeat(10_000)
    expect(
      JSON.parse(formatEvent({ kind: 'a', level: 'error', message: 'm', error }, false)).stack,
    ).toHaveLength(4000)
  })

  it('writes text with the stack for a terminal', () => {
    const error = new Error('oops')
    expect(formatEvent({ kind: 'a', level: 'error', message: 'm', error }, true)).toMatch(
      / error a m\nError: oops\n/,
    )
  })

  it('shows no control characters to a terminal', () => {
    const line = formatEvent({ kind: 'a', level: 'info', message: 'x\u001B[2Jy\u009Bz\r' }, true)
    expect(line).toMatch(/x\?\[2Jy\?z\?\n$/)
  })
})
