import { describe, expect, test } from 'vitest'
import { ByteWindow, createNeedle, findNeedle } from '../../src/http/byte-window.ts'
import { createRandom, randomText } from './random.ts'

const encoder = new TextEncoder()

describe('ByteWindow', () => {
  test('has what was appended and not dropped', () => {
    const window = new ByteWindow()
    window.append(encoder.encode('abc'))
    window.drop(2)
    window.append(encoder.encode('de'))
    window.drop(1)
    window.append(encoder.encode('f'))
    expect(window.bytes).toEqual(encoder.encode('def'))
  })

  test('never writes into a chunk that it was given', () => {
    const chunk = encoder.encode('abcdef')
    const window = new ByteWindow()
    window.append(chunk.subarray(0, 3))
    window.append(encoder.encode('XY'))
    expect(window.bytes).toEqual(encoder.encode('abcXY'))
    expect(chunk).toEqual(encoder.encode('abcdef'))
  })

  test('leaves what was dropped as it was', () => {
    const window = new ByteWindow()
    window.append(encoder.encode('ab'))
    window.append(encoder.encode('cd'))
    const taken = window.bytes.subarray(0, 3)
    window.drop(3)
    for (let round = 0; round < 100; round++) window.append(encoder.encode('zzz'))
    expect(taken).toEqual(encoder.encode('abc'))
  })

  test('takes a chunk without a copy when it is empty', () => {
    const chunk = encoder.encode('abc')
    const window = new ByteWindow()
    window.append(chunk)
    expect(window.bytes.buffer).toBe(chunk.buffer)
  })

  test('appends a million single bytes in linear time', () => {
    const window = new ByteWindow()
    const one = new Uint8Array(1)
    const began = performance.now()
    for (let count = 0; count < 1_000_000; count++) window.append(one)
    expect(window.bytes).toHaveLength(1_000_000)
    expect(performance.now() - began).toBeLessThan(1500)
  })
})

describe('findNeedle()', () => {
  test.each([
    ['at the beginning', 'abcabc', 'abc', 0, 0],
    ['at the end', 'xxabc', 'abc', 0, 2],
    ['behind a place', 'abcabc', 'abc', 1, 3],
    ['at a place', 'abcabc', 'abc', 3, 3],
    ['not behind the last', 'abcabc', 'abc', 4, -1],
    ['not in fewer bytes', 'ab', 'abc', 0, -1],
    ['not in nothing', '', 'a', 0, -1],
    ['as a single character', 'xxa', 'a', 0, 2],
    ['behind half of it', 'ababac', 'abac', 0, 2],
  ])('finds a text %s', (_, text, needle, from, at) => {
    expect(findNeedle(encoder.encode(text), createNeedle(needle), from)).toBe(at)
  })

  test('finds what indexOf() finds in 5,000 random texts', () => {
    const random = createRandom(3)
    for (let round = 0; round < 5000; round++) {
      const text = randomText(random, ['a', 'b', 'ab', '\r', '\n'], 30)
      const needle = `a${randomText(random, ['a', 'b', '\r'], 5)}`
      const from = random(4)
      expect(
        findNeedle(encoder.encode(text), createNeedle(needle), from),
        JSON.stringify([text, needle]),
      ).toBe(text.indexOf(needle, from))
    }
  })
})
