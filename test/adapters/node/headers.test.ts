import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FlatHeaders } from '../../../adapters/node/headers.ts'

type Pairs = [string, string][]

const pairs: Pairs = [
  ['x-b', '1'],
  ['accept', 'text/html'],
  ['x-b', '2'],
  ['set-cookie', 'a=1'],
  ['set-cookie', 'b=2'],
  ['cookie', 'c=3'],
  ['cookie', 'd=4'],
]

const kinds: readonly [string, (from: Pairs) => Headers][] = [
  ['native', (from) => new Headers(from)],
  ['ours of a response', (from) => new FlatHeaders(from.flat(), 'response') as unknown as Headers],
  [
    'ours of a request',
    (from) =>
      new FlatHeaders(
        from.flatMap(([name, value]) => [name.toUpperCase(), value]),
        'request',
      ) as unknown as Headers,
  ],
]

/** What must hold alike for the native class and ours. */
const readings: readonly [string, (headers: Headers) => unknown, unknown][] = [
  ['get() joins values of one name', (headers) => headers.get('X-B'), '1, 2'],
  ['get() joins cookies by semicolons', (headers) => headers.get('cookie'), 'c=3; d=4'],
  ['get() of a missing name', (headers) => headers.get('nothing'), null],
  ['get() of a malformed name', (headers) => attempt(() => headers.get('a b')), 'TypeError'],
  ['has() in any case', (headers) => headers.has('ACCEPT'), true],
  ['has() of a missing name', (headers) => headers.has('nothing'), false],
  ['getSetCookie()', (headers) => headers.getSetCookie(), ['a=1', 'b=2']],
  [
    'iteration is sorted, lower-case, combined',
    (headers) => [...headers],
    [
      ['accept', 'text/html'],
      ['cookie', 'c=3; d=4'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-b', '1, 2'],
    ],
  ],
  ['keys()', (headers) => [...headers.keys()], ['accept', 'cookie', 'set-cookie', 'set-cookie', 'x-b']],
  ['values()', (headers) => [...headers.values()], ['text/html', 'c=3; d=4', 'a=1', 'b=2', '1, 2']],
  [
    'forEach() gives value, name, headers and this',
    (headers) => {
      const seen: unknown[] = []
      headers.forEach(function (this: unknown, value, name, self) {
        if (name === 'accept') seen.push(value, this, self === headers)
      }, 'me')
      return seen
    },
    ['text/html', 'me', true],
  ],
  ['its tag', (headers) => Object.prototype.toString.call(headers), '[object Headers]'],
  ['new Headers() of it', (headers) => [...new Headers(headers)].length, 5],
  ['inspect() of it', (headers) => inspect(headers).startsWith('Headers {'), true],
]

/** What must hold alike where they may be changed. */
const changes: readonly [string, (headers: Headers) => void, [string, string][]][] = [
  ['append() adds', (headers) => headers.append('X-A', ' 2 '), [['x-a', '1, 2']]],
  ['set() replaces all of a name', (headers) => headers.set('X-A', '3'), [['x-a', '3']]],
  ['delete() takes all of a name', (headers) => headers.delete('X-A'), []],
]

describe.each(kinds)('%s headers', (_name, make) => {
  it.each(readings)('%s', (_reading, read, expected) => {
    expect(read(make(pairs))).toEqual(expected)
  })
})

describe.each(kinds.slice(0, 2))('%s headers', (_name, make) => {
  it.each(changes)('%s', (_change, change, expected) => {
    const headers = make([['x-a', '1']])
    change(headers)
    expect([...headers]).toEqual(expected)
  })

  it.each(['a\r\nb', 'a\0b', 'a\u0100b'])('append() refuses the value %j', (value) => {
    expect(attempt(() => make([]).append('x-a', value))).toBe('TypeError')
  })

  it('entries() goes over what there was when it began', () => {
    const headers = make([
      ['x-a', '1'],
      ['x-b', '2'],
    ])
    const iterator = headers.entries()
    expect(iterator.next().value).toEqual(['x-a', '1'])
    headers.delete('x-a')
    expect(headers.has('x-a')).toBe(false)
  })
})

describe('headers of an incoming request', () => {
  it.each(['append', 'set'] as const)('%s() is refused', (method) => {
    const headers = new FlatHeaders(['a', 'b'], 'request')
    expect(() => headers[method]('a', 'c')).toThrow(TypeError)
  })

  it('delete() is refused', () => {
    expect(() => new FlatHeaders(['a', 'b'], 'request').delete('a')).toThrow(TypeError)
  })

  it('leaves out the control fields of HTTP/2', () => {
    const headers = new FlatHeaders([':path', '/', 'accept', '*/*'], 'request')
    expect([...headers]).toEqual([['accept', '*/*']])
  })
})

function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error instanceof Error ? error.name : error
  }
}
