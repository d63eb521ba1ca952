import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installFetchGlobals, restoreFetchGlobals } from '../../../adapters/node/globals.ts'
import { toNative } from '../../../adapters/node/natives.ts'
import { createNodeResponse, NodeResponse, toCaptured } from '../../../adapters/node/response.ts'
import type { AmendableResponse } from '../../../src/platform/contract.ts'

const native = Response

beforeAll(() => installFetchGlobals())
afterAll(() => restoreFetchGlobals())

type Make = (body?: BodyInit | null, init?: ResponseInit) => Response

/** The global is asked for when the stand-ins are there. */
const kinds: readonly [string, Make][] = [
  ['native', (...args) => new native(...args)],
  ['global', (...args) => new Response(...args)],
]

/** What must hold alike for the native class and the one behind the global. */
const checks: readonly [string, (make: Make) => unknown, unknown][] = [
  ['status', (make) => make('a', { status: 201 }).status, 201],
  ['default status', (make) => make().status, 200],
  ['ok', (make) => [make().ok, make('', { status: 404 }).ok], [true, false]],
  ['statusText', (make) => make('', { statusText: 'Fine' }).statusText, 'Fine'],
  ['malformed statusText', (make) => attempt(() => make('', { statusText: 'a\nb' })), 'TypeError'],
  ['status 99', (make) => attempt(() => make('', { status: 99 })), 'RangeError'],
  ['status 101', (make) => attempt(() => make(null, { status: 101 })), 'RangeError'],
  ['204 with a body', (make) => attempt(() => make('a', { status: 204 })), 'TypeError'],
  ['204 without', (make) => make(null, { status: 204 }).body, null],
  ['type', (make) => make().type, 'default'],
  ['url', (make) => make().url, ''],
  ['redirected', (make) => make().redirected, false],
  ['media type of text', (make) => make('a').headers.get('content-type'), 'text/plain;charset=UTF-8'],
  ['media type of bytes', (make) => make(new Uint8Array(1)).headers.get('content-type'), null],
  ['media type of nothing', (make) => make().headers.get('content-type'), null],
  [
    'media type of its own',
    (make) => make('a', { headers: { 'Content-Type': 'a/b' } }).headers.get('content-type'),
    'a/b',
  ],
  [
    'media type of a form',
    (make) => make(new URLSearchParams('a=b')).headers.get('content-type'),
    'application/x-www-form-urlencoded;charset=UTF-8',
  ],
  [
    'headers of pairs',
    (make) => [
      ...make(null, {
        headers: [
          ['A', '1'],
          ['a', '2'],
        ],
      }).headers,
    ],
    [['a', '1, 2']],
  ],
  [
    'headers of Headers',
    (make) => [...make(null, { headers: new Headers({ a: '1' }) }).headers],
    [['a', '1']],
  ],
  [
    'headers of its own kind',
    (make) => [...make(null, { headers: make(null, { headers: { a: '1' } }).headers }).headers],
    [['a', '1']],
  ],
  [
    'headers with a line break',
    (make) => attempt(() => make(null, { headers: { a: 'b\r\nc' } })),
    'TypeError',
  ],
  [
    'headers with a malformed name',
    (make) => attempt(() => make(null, { headers: { 'a b': 'c' } })),
    'TypeError',
  ],
  [
    'headers with half a pair',
    (make) => attempt(() => make(null, { headers: [['a']] as unknown as [string, string][] })),
    'TypeError',
  ],
  [
    'headers can be changed',
    changeHeaders,
    [
      ['a', '1'],
      ['set-cookie', 'b=1'],
      ['set-cookie', 'c=2'],
    ],
  ],
  ['text()', (make) => make('grüße').text(), 'grüße'],
  ['text() of bytes', (make) => make(new TextEncoder().encode('ü')).text(), 'ü'],
  ['text() of nothing', (make) => make().text(), ''],
  ['text() with a byte order mark', (make) => make('\uFEFFa').text(), 'a'],
  ['text() with a lone surrogate', (make) => make('\uD800').text(), '\uFFFD'],
  ['text() of a stream', (make) => make(new Blob(['a']).stream()).text(), 'a'],
  ['json()', (make) => make('{"a":1}').json(), { a: 1 }],
  ['bytes()', (make) => make('ab').bytes(), new Uint8Array([97, 98])],
  ['arrayBuffer()', async (make) => (await make('ab').arrayBuffer()).byteLength, 2],
  ['blob()', async (make) => (await make('ab').blob()).size, 2],
  ['formData()', async (make) => [...(await make(new URLSearchParams('a=b')).formData())], [['a', 'b']]],
  ['bytes are copied', copyBytes, 'a'],
  ['bodyUsed', async (make) => useBody(make('a')), [false, 'a', true]],
  ['bodyUsed of nothing', async (make) => useBody(make()), [false, '', false]],
  [
    'text() twice',
    (make) =>
      attempt(async () => {
        const it = make('a')
        await it.text()
        await it.text()
      }),
    'TypeError',
  ],
  [
    'text() of a locked body',
    (make) =>
      attempt(() => {
        const it = make('a')
        it.body?.getReader()
        return it.text()
      }),
    'TypeError',
  ],
  ['body is a stream', (make) => make('a').body instanceof ReadableStream, true],
  [
    'body is always the same',
    (make) => {
      const it = make('a')
      return it.body === it.body
    },
    true,
  ],
  ['body of nothing', (make) => make().body, null],
  [
    'body of a disturbed stream',
    (make) =>
      attempt(async () => {
        const body = new Blob(['a']).stream()
        await body.cancel()
        return make(body)
      }),
    'TypeError',
  ],
  [
    'clone() reads the same',
    async (make) => {
      const it = make('a')
      return [await it.clone().text(), await it.text()]
    },
    ['a', 'a'],
  ],
  [
    'clone() has headers of its own',
    (make) => {
      const it = make('a', { headers: { a: '1' } })
      it.clone().headers.set('a', '2')
      return it.headers.get('a')
    },
    '1',
  ],
  [
    'clone() of a used body',
    (make) =>
      attempt(async () => {
        const it = make('a')
        await it.text()
        return it.clone()
      }),
    'TypeError',
  ],
  [
    'new Response(its body, it)',
    async (make) => {
      const it = new Response(make('a').body, make('b', { status: 201, headers: { a: '1' } }))
      return [it.status, it.headers.get('a'), await it.text()]
    },
    [201, '1', 'a'],
  ],
  ['instanceof Response', (make) => make() instanceof Response, true],
  ['instanceof the native Response', (make) => make() instanceof native, true],
  ['headers instanceof Headers', (make) => make().headers instanceof Headers, true],
  ['its tag', (make) => Object.prototype.toString.call(make()), '[object Response]'],
  ['structuredClone()', (make) => attempt(() => structuredClone(make('a'))), 'DataCloneError'],
  ['JSON.stringify()', (make) => JSON.stringify(make('a')), '{}'],
  ['inspect()', (make) => inspect(make('a')).startsWith('Response {'), true],
  ['init that is no object', (make) => attempt(() => make('a', 5 as unknown as ResponseInit)), 'TypeError'],
]

describe.each(kinds)('%s Response', (_name, make) => {
  it.each(checks)('%s', async (_check, run, expected) => {
    expect(await run(make)).toEqual(expected)
  })
})

const statics: readonly [string, () => typeof Response][] = [
  ['native', () => native],
  ['global', () => Response],
]

describe.each(statics)('%s Response', (_name, get) => {
  it('json() makes the body and the media type', async () => {
    const response = get().json({ a: 1 }, { status: 201 })
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      201,
      'application/json',
      '{"a":1}',
    ])
  })

  it('json() keeps a media type of its own', () => {
    expect(
      get()
        .json({}, { headers: { 'content-type': 'application/ld+json' } })
        .headers.get('content-type'),
    ).toBe('application/ld+json')
  })

  it.each([[undefined], [() => 1]])('json() refuses what JSON cannot say', (value) => {
    expect(() => get().json(value)).toThrow(TypeError)
  })

  it('json() refuses a status without a body', () => {
    expect(() => get().json({}, { status: 204 })).toThrow(TypeError)
  })

  it('redirect() has a location', () => {
    const response = get().redirect('http://a.test/', 303)
    expect([response.status, response.headers.get('location')]).toEqual([303, 'http://a.test/'])
  })

  it('error() is an error', () => {
    expect(get().error().type).toBe('error')
  })

  it('can be extended', async () => {
    class Sub extends get() {
      get shout(): string {
        return `${this.status}!`
      }
    }
    const sub = new Sub(new URLSearchParams('a=b'), { status: 202 })
    expect(sub).toBeInstanceOf(Sub)
    expect([sub.shout, await sub.text()]).toEqual(['202!', 'a=b'])
  })

  it('cannot be called', () => {
    expect(() => Reflect.apply(get(), undefined, [])).toThrow(TypeError)
  })
})

describe('the global Response', () => {
  it('is ours for text, bytes and nothing', () => {
    expect(
      [new Response('a'), new Response(new Uint8Array(1)), new Response()].every(
        (one) => one instanceof NodeResponse,
      ),
    ).toBe(true)
  })

  it('is native for the rest', () => {
    expect(new Response(new URLSearchParams()) instanceof NodeResponse).toBe(false)
  })

  it('has name, length and prototype of the native one', () => {
    expect([Response.name, Response.length, Response.prototype]).toEqual([
      native.name,
      native.length,
      native.prototype,
    ])
  })
})

describe('our response', () => {
  it('has every member of the native one', () => {
    const ours = Object.getPrototypeOf(createNodeResponse(null, 200, []))
    const missing = Reflect.ownKeys(native.prototype).filter((key) => !Object.hasOwn(ours, key))
    expect(missing.map(String)).toEqual(['constructor', 'Symbol(nodejs.util.inspect.custom)'])
  })

  it('amend() replaces, and adds cookies', () => {
    const response: AmendableResponse = createNodeResponse('a', 200, ['a', '1', 'set-cookie', 'b=1'])
    response.amend?.(['a', '2', 'set-cookie', 'c=2'])
    expect([...response.headers]).toEqual([
      ['a', '2'],
      ['set-cookie', 'b=1'],
      ['set-cookie', 'c=2'],
    ])
  })

  it('amend() reaches headers that somebody holds', () => {
    const response: AmendableResponse = createNodeResponse('a', 200, ['a', '1'])
    const { headers } = response
    response.amend?.(['a', '2'])
    expect(headers.get('a')).toBe('2')
  })

  it('amend() does not change a list that others share', () => {
    const shared = ['a', '1']
    const response: AmendableResponse = createNodeResponse('a', 200, shared)
    response.amend?.(['a', '2'])
    expect(shared).toEqual(['a', '1'])
  })

  it('toCaptured() gives text back whose stream was only looked at', () => {
    const response = createNodeResponse('a', 200, [])
    expect(response.body).not.toBeNull()
    expect(toCaptured(response).body).toBe('a')
  })

  it('toCaptured() has the fields that were changed through headers', () => {
    const response = createNodeResponse('a', 200, ['a', '1'])
    response.headers.set('a', '2')
    expect(toCaptured(response).headers).toEqual(['a', '2'])
  })

  it('toNative() is always the same native response', async () => {
    const response = createNodeResponse('a', 201, ['set-cookie', 'a=1', 'set-cookie', 'b=2'])
    const given = toNative(response)
    expect(toNative(response)).toBe(given)
    expect([given.status, given.headers.getSetCookie(), await given.text()]).toEqual([
      201,
      ['a=1', 'b=2'],
      'a',
    ])
    expect(response.bodyUsed).toBe(true)
  })
})

function changeHeaders(make: Make): [string, string][] {
  const { headers } = make(null)
  headers.set('a', '1')
  headers.append('set-cookie', 'b=1')
  headers.append('set-cookie', 'c=2')
  return [...headers]
}

function copyBytes(make: Make): Promise<string> {
  const bytes = new Uint8Array([97])
  const response = make(bytes)
  bytes[0] = 98
  return response.text()
}

async function useBody(response: Response): Promise<unknown[]> {
  return [response.bodyUsed, await response.text(), response.bodyUsed]
}

async function attempt(run: () => unknown): Promise<unknown> {
  try {
    return await run()
  } catch (error) {
    return error instanceof Error ? error.name : error
  }
}
