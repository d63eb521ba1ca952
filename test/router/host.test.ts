import { describe, expect, test } from 'vitest'
import { matchHost, parseHost } from '../../src/router/host.ts'

describe('matchHost()', () => {
  test.each([
    ['example.com', 'example.com', []],
    ['EXAMPLE.com', 'example.com', []],
    ['example.com', 'www.example.com', null],
    ['example.com', 'exampleXcom', null],
    ['*.example.com', 'www.example.com', []],
    ['*.example.com', 'a.b.example.com', []],
    ['*.example.com', 'example.com', null],
    ['*.example.com', '.example.com', null],
    ['*.example.com', 'badexample.com', null],
    [':tenant.example.com', 'acme.example.com', ['acme']],
    [':tenant.example.com', 'a.b.example.com', null],
    [':tenant.example.com', '.example.com', null],
    [':a.:b.example.com', 'x.y.example.com', ['x', 'y']],
    ['*.:b.example.com', 'v.x.y.example.com', ['y']],
    ['localhost', 'localhost', []],
    ['127.0.0.1', '127.0.0.1', []],
    ['bücher.example', 'xn--bcher-kva.example', []],
    ['my_host.example', 'my_host.example', []],
  ] as const)('of %s and %s', (pattern, host, expected) => {
    expect(matchHost(parseHost(pattern), host)).toEqual(expected)
  })

  test('takes linear time on hostile hosts', () => {
    const pattern = parseHost('*.:a.:b.example.com')
    const began = performance.now()
    expect(matchHost(pattern, 'a.'.repeat(30_000))).toBeNull()
    expect(matchHost(pattern, '.'.repeat(60_000))).toBeNull()
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('parseHost()', () => {
  test('ranks exact hosts before parameters before wildcards, longer ones first', () => {
    const order = ['a.b.example.com', 'example.com', ':x.b.example.com', ':x.example.com', ':x.:y.com']
    order.push('*.b.example.com', '*.example.com', '*.com', '*.:x.com')
    const ranks = order.map((pattern) => parseHost(pattern).rank)
    expect(ranks).toEqual(ranks.toSorted((left, right) => left - right))
    expect(new Set(ranks).size).toBe(ranks.length)
  })

  test('gives one shape to patterns that match the same hosts', () => {
    expect(parseHost(':a.example.com').shape).toBe(parseHost(':b.EXAMPLE.com').shape)
    expect(parseHost('*.example.com').shape).not.toBe(parseHost(':a.example.com').shape)
  })
})
