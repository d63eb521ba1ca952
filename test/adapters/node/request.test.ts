import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installFetchGlobals, restoreFetchGlobals } from '../../../adapters/node/globals.ts'
import { toNative } from '../../../adapters/node/natives.ts'
import type { Made } from './ours.ts'
import { makeRequest } from './ours.ts'

const native = Request

beforeAll(() => installFetchGlobals())
afterAll(() => restoreFetchGlobals())

const kinds: readonly [string, (made: Made) => Request][] = [
  [
    'native',
    ({ method = 'GET', target = '/', headers = [], body }) =>
      new native(`http://a.test${target}`, {
        method,
        headers: [...headers],
        ...(body === undefined ? {} : { body }),
      }),
  ],
  ['ours', makeRequest],
]

const post: Made = {
  method: 'POST',
  target: '/p?q=1',
  headers: [['Content-Type', 'text/plain']],
  body: '{"a":"ü"}',
}
const form: Made = {
  method: 'POST',
  headers: [['content-type', 'application/x-www-form-urlencoded']],
  body: 'a=1&b=%C3%BC',
}

/** What must hold alike for the native class and ours. */
const checks: readonly [string, Made, (request: Request) => unknown, unknown][] = [
  ['method', post, (request) => request.method, 'POST'],
  ['url', post, (request) => request.url, 'http://a.test/p?q=1'],
  ['url is normalised', { target: '/a/../b c' }, (request) => request.url, 'http://a.test/b%20c'],
  ['headers.get()', post, (request) => request.headers.get('content-type'), 'text/plain'],
  ['headers are always the same', post, (request) => request.headers === request.headers, true],
  ['signal is quiet', post, (request) => request.signal.aborted, false],
  ['signal is an AbortSignal', post, (request) => request.signal instanceof AbortSignal, true],
  ['body of GET', {}, (request) => request.body, null],
  ['body is a stream', post, (request) => request.body instanceof ReadableStream, true],
  ['body is always the same', post, (request) => request.body === request.body, true],
  ['body can be read with a buffer', post, readWithBuffer, 10],
  ['bodyUsed before', post, (request) => request.bodyUsed, false],
  ['bodyUsed after', post, async (request) => [await request.text(), request.bodyUsed], ['{"a":"ü"}', true]],
  [
    'bodyUsed of a body that is not there',
    {},
    async (request) => [await request.text(), request.bodyUsed],
    ['', false],
  ],
  ['json()', post, (request) => request.json(), { a: 'ü' }],
  ['json() of what is none', form, (request) => attempt(() => request.json()), 'SyntaxError'],
  ['text() without byte order mark', { ...post, body: '\uFEFFa' }, (request) => request.text(), 'a'],
  ['bytes()', { ...post, body: 'ab' }, (request) => request.bytes(), new Uint8Array([97, 98])],
  ['arrayBuffer()', { ...post, body: 'ab' }, async (request) => (await request.arrayBuffer()).byteLength, 2],
  ['blob() has the type', post, async (request) => (await request.blob()).type, 'text/plain'],
  [
    'formData()',
    form,
    async (request) => [...(await request.formData())],
    [
      ['a', '1'],
      ['b', 'ü'],
    ],
  ],
  ['formData() of text', post, (request) => attempt(() => request.formData()), 'TypeError'],
  [
    'text() twice',
    post,
    (request) => attempt(async () => [await request.text(), await request.text()]),
    'TypeError',
  ],
  [
    'text() of a locked body',
    post,
    (request) => attempt(() => (request.body?.getReader(), request.text())),
    'TypeError',
  ],
  ['text() after body was looked at', post, (request) => (request.body, request.text()), '{"a":"ü"}'],
  [
    'clone() reads the same',
    post,
    async (request) => [await request.clone().text(), await request.text()],
    ['{"a":"ü"}', '{"a":"ü"}'],
  ],
  [
    'clone() of a used body',
    post,
    (request) => attempt(async () => (await request.text(), request.clone())),
    'TypeError',
  ],
  [
    'new Request(it) reads its body',
    post,
    async (request) => [await new Request(request).text(), request.bodyUsed],
    ['{"a":"ü"}', true],
  ],
  ['new Request(it, init)', post, (request) => new Request(request, { method: 'PUT' }).method, 'PUT'],
  [
    'new Request(url, it)',
    post,
    async (request) => await new Request('http://b.test/', request).text(),
    '{"a":"ü"}',
  ],
  [
    'new Request(it) of a used body',
    post,
    (request) => attempt(async () => (await request.text(), new Request(request))),
    'TypeError',
  ],
  ['new Response(its body)', post, (request) => new Response(request.body).text(), '{"a":"ü"}'],
  [
    'new Response(its used body)',
    post,
    (request) => attempt(async () => (await request.text(), new Response(request.body))),
    'TypeError',
  ],
  ['instanceof Request', post, (request) => request instanceof Request, true],
  ['instanceof the native Request', post, (request) => request instanceof native, true],
  ['headers instanceof Headers', post, (request) => request.headers instanceof Headers, true],
  ['its tag', post, (request) => Object.prototype.toString.call(request), '[object Request]'],
  ['structuredClone()', post, (request) => attempt(() => structuredClone(request)), 'DataCloneError'],
  ['JSON.stringify()', post, (request) => JSON.stringify(request), '{}'],
  ['inspect()', post, (request) => inspect(request).startsWith('Request {'), true],
  ['credentials', post, (request) => request.credentials, 'same-origin'],
  ['redirect', post, (request) => request.redirect, 'follow'],
  ['mode', post, (request) => request.mode, 'cors'],
  ['cache', post, (request) => request.cache, 'default'],
  ['referrer', post, (request) => request.referrer, 'about:client'],
]

describe.each(kinds)('%s request', (_name, make) => {
  it.each(checks)('%s', async (_check, made, run, expected) => {
    expect(await run(make(made))).toEqual(expected)
  })
})

describe('our request', () => {
  it('has every member of the native one', () => {
    const ours = Object.getPrototypeOf(makeRequest())
    const missing = Reflect.ownKeys(native.prototype).filter((key) => !Object.hasOwn(ours, key))
    // The constructor is native, `attribute` is a leftover of undici, and inspect reads only public members.
    expect(missing.map(String)).toEqual(['constructor', 'attribute', 'Symbol(nodejs.util.inspect.custom)'])
  })

  it('keeps a body that came with GET', async () => {
    expect(await makeRequest({ body: 'odd' }).text()).toBe('odd')
  })

  it('keeps a body that came with GET and was looked at', async () => {
    const request = makeRequest({ body: 'odd' })
    expect(request.body).not.toBeNull()
    expect(await request.text()).toBe('odd')
  })

  it('url takes https from the connection', () => {
    expect(makeRequest({ encrypted: true }).url).toBe('https://a.test/')
  })

  it('url of the asterisk form is that of the origin', () => {
    expect(makeRequest({ target: '*' }).url).toBe('http://a.test/')
  })

  it('url has no fragment', () => {
    expect(makeRequest({ target: '/a#b' }).url).toBe('http://a.test/a')
  })

  it.each(['1.2.3.4.5', '256.1.1.1', '[::1::]'])('url of the host %s is BAD_REQUEST', (host) => {
    expect(() => makeRequest({ host }).url).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST', status: 400 }),
    )
  })

  it('url of a target that looks like another host stays on this one', () => {
    expect(new URL(makeRequest({ target: '//evil.test/a' }).url).host).toBe('a.test')
  })

  it('toNative() is always the same native request', () => {
    const request = makeRequest(post)
    expect(toNative(request)).toBe(toNative(request))
    expect(Object.getPrototypeOf(toNative(request))).toBe(native.prototype)
  })

  it('toNative() of a native request is that one', () => {
    const request = new native('http://a.test')
    expect(toNative(request)).toBe(request)
  })

  it('a subclass of the global Request copies ours', async () => {
    class Sub extends Request {}
    const copy = new Sub(makeRequest(post))
    expect(copy).toBeInstanceOf(Sub)
    expect(await copy.text()).toBe('{"a":"ü"}')
  })
})

async function readWithBuffer(request: Request): Promise<number> {
  const reader = request.body?.getReader({ mode: 'byob' })
  let size = 0
  for (;;) {
    const result = await reader?.read(new Uint8Array(4))
    if (result === undefined || result.done) return size
    size += result.value.byteLength
  }
}

async function attempt(run: () => unknown): Promise<unknown> {
  try {
    return await run()
  } catch (error) {
    return error instanceof Error ? error.name : error
  }
}
