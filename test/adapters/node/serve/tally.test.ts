import { describe, expect, test } from 'vitest'
import { createTally } from '../../../../adapters/node/tally.ts'
import type { DiagnosticEvent } from '../../../../src/diagnostics/index.ts'
import { createTestClock } from '../../../../src/testing/index.ts'

function setUp() {
  const clock = createTestClock()
  const logged: DiagnosticEvent[] = []
  const log = (event: DiagnosticEvent): void => void logged.push(event)
  const tally = createTally({ clock, log }, (count, reason) => ({
    kind: 'test',
    level: 'info',
    message: `${count} ${reason}`,
  }))
  return { clock, tally, messages: () => logged.map(({ message }) => message), logged }
}

describe('createTally()', () => {
  test('tells the first at once, with its number and reason as fields', () => {
    const { tally, logged } = setUp()
    tally.add('a')
    expect(logged).toEqual([
      { kind: 'test', level: 'info', message: '1 a', fields: { count: 1, reason: 'a' } },
    ])
  })

  test('tells what comes within a second in one line at its end', async () => {
    const { clock, tally, messages } = setUp()
    for (let index = 0; index < 1000; index++) tally.add(`reason ${index}`)
    await clock.advance(999)
    expect(messages()).toEqual(['1 reason 0'])
    await clock.advance(1)
    expect(messages()).toEqual(['1 reason 0', '999 reason 999'])
  })

  test('tells one line a second while they keep coming, and then is as at first', async () => {
    const { clock, tally, messages } = setUp()
    for (let index = 0; index < 30; index++) {
      tally.add('a')
      await clock.advance(100)
    }
    expect(messages()).toEqual(['1 a', '9 a', '10 a', '10 a'])
    await clock.advance(5000)
    expect(clock.pending).toBe(0)
    tally.add('b')
    expect(messages().at(-1)).toBe('1 b')
  })

  test('flushes what was not told', () => {
    const { tally, messages } = setUp()
    tally.add('a')
    tally.add('b')
    tally.flush()
    tally.flush()
    expect(messages()).toEqual(['1 a', '1 b'])
  })
})
