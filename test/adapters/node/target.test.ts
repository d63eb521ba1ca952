import { describe, expect, it } from 'vitest'
import { isHost, parseTarget } from '../../../adapters/node/target.ts'

const targets: readonly [string, string, string | null][] = [
  ['http://a.test/b?c', '/b?c', 'a.test'],
  ['HTTPS://a.test:8443/b', '/b', 'a.test:8443'],
  ['http://a.test', '/', 'a.test'],
  ['http://a.test?b', '/?b', 'a.test'],
  ['http:///b', '/b', ''],
  ['*', '*', null],
  ['a.test:443', 'a.test:443', null],
  ['ftp://a.test/b', 'ftp://a.test/b', null],
]

const hosts: readonly [string, boolean][] = [
  ['a.test', true],
  ['a.test:80', true],
  ['a_b.test', true],
  ['127.0.0.1:65535', true],
  ['[::1]', true],
  ['[::1]:80', true],
  ['', false],
  [':80', false],
  ['a.test:', false],
  ['a.test:65536', false],
  ['a.test:-1', false],
  ['u@a.test', false],
  ['a.test/b', false],
  ['a,b', false],
  ['a b', false],
  ['a\u0000b', false],
  ['ä.test', false],
  ['::1', false],
  [`${'a'.repeat(254)}`, false],
]

describe('parseTarget()', () => {
  it.each(targets)('%j', (text, target, authority) => {
    expect(parseTarget(text)).toEqual({ target, authority })
  })

  it('takes time in proportion to a long target', () => {
    expect(parseTarget(`http://${'a'.repeat(1_000_000)}`).target).toBe('/')
  })
})

describe('isHost()', () => {
  it.each(hosts)('%j is %s', (text, expected) => {
    expect(isHost(text)).toBe(expected)
  })
})
