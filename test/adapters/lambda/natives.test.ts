import { describe, expect, it } from 'vitest'
import { Deadline } from '../../../adapters/lambda/deadline.ts'
import { EventHeaders } from '../../../adapters/lambda/headers.ts'
import { installStandIns, toNative } from '../../../adapters/lambda/natives.ts'
import { asRequest, LambdaRequest } from '../../../adapters/lambda/request.ts'
import { capture, createLambdaResponse } from '../../../adapters/lambda/response.ts'
import type { AmendableResponse, WireRequest } from '../../../src/platform/contract.ts'
import { contextFor } from './fixtures.ts'

// The native class has to be there before its stand-in.
const native = Request
installStandIns()

function request(body: string | null = null, method = 'POST'): WireRequest {
  const incoming = {
    method,
    target: '/a%20b?c=d',
    host: 'example.org',
    encrypted: true,
    headers: [
      'content-type',
      'application/json',
      'accept',
      'a/b',
      'accept',
      'c/d',
      'cookie',
      'a=1',
      'cookie',
      'b=2',
    ],
    body: body === null ? null : new TextEncoder().encode(body),
    peer: null,
  }
  return asRequest(new LambdaRequest(incoming, new Deadline(contextFor(), 500)))
}

function own(it: Request): LambdaRequest {
  if (it instanceof LambdaRequest) return it
  throw new Error('Expected one of ours')
}

describe('every member of the native class is there', () => {
  it.each([
    ['Request', request(), new Request('http://localhost')],
    ['Response', createLambdaResponse('a', 200, []), new Response('a')],
    ['Headers', request().headers, new Headers()],
  ])('%s', (_name, ours: object, native: object) => {
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(native)).filter(
      (name) => name !== 'constructor',
    )
    expect(names.length).toBeGreaterThan(5)
    for (const name of names) {
      const [mine, theirs]: unknown[] = [Reflect.get(ours, name), Reflect.get(native, name)]
      // Signals and headers of ours are objects where the native ones are.
      expect(typeof mine, name).toBe(name === 'body' ? 'object' : typeof theirs)
    }
  })
})

describe('LambdaRequest', () => {
  it('tells what the event says', () => {
    const it = request()
    expect([it.method, it.url, it.wireTarget, it.wireHost]).toEqual([
      'POST',
      'https://example.org/a%20b?c=d',
      '/a%20b?c=d',
      'example.org',
    ])
  })

  it('passes for a native one', () => {
    expect(request()).toBeInstanceOf(Request)
    expect(request().headers).toBeInstanceOf(Headers)
    expect(Object.prototype.toString.call(request())).toBe('[object Request]')
  })

  it('gives the same native request each time', () => {
    const it = request('{}')
    expect(toNative(it)).toBe(toNative(it))
    expect(toNative(it)).not.toBe(it)
  })

  it('reads its body natively', async () => {
    expect(await request('{"a":1}').json()).toEqual({ a: 1 })
    expect(await request('text').text()).toBe('text')
    expect(await request('text').clone().text()).toBe('text')
    expect(new TextDecoder().decode(await new Response(request('text').body).arrayBuffer())).toBe('text')
  })

  it('is copied by new Request() with all it has', async () => {
    const copy = new Request(request('text'), { headers: { 'x-a': 'b' } })
    expect([copy.method, copy.url, copy.headers.get('x-a'), await copy.text()]).toEqual([
      'POST',
      'https://example.org/a%20b?c=d',
      'b',
      'text',
    ])
  })

  it('can be the init of another request', async () => {
    const copy = new Request('https://example.net/', request('text'))
    expect([copy.method, copy.headers.get('content-type'), await copy.text()]).toEqual([
      'POST',
      'application/json',
      'text',
    ])
  })

  it('never goes on as its URL alone', () => {
    expect(() => `${request()}`).toThrow('toNative(request)')
  })

  it('reads its body once', async () => {
    const it = own(request('text'))
    expect(new TextDecoder().decode(await it.readBody(4))).toBe('text')
    expect(it.bodyUsed).toBe(true)
    await expect(it.readBody(4)).rejects.toMatchObject({ code: 'BODY_USED' })
    await expect(asRequest(it).text()).rejects.toThrow(TypeError)
  })

  it('reads its body once when the native one was asked for it', async () => {
    const it = own(request('text'))
    await asRequest(it).text()
    await expect(it.readBody(4)).rejects.toMatchObject({ code: 'BODY_USED' })
  })

  it('reads its body after the native request was made', async () => {
    const it = own(request('text'))
    toNative(asRequest(it))
    expect((await it.readBody(4)).byteLength).toBe(4)
    expect(it.bodyUsed).toBe(true)
  })

  it('refuses a body over the bound', async () => {
    await expect(own(request('text')).readBody(3)).rejects.toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
    })
  })

  it('with GET has no native body', async () => {
    expect(toNative(request('text', 'GET')).body).toBeNull()
  })

  it('refuses a host that makes no URL', () => {
    const incoming = {
      method: 'GET',
      target: '/',
      host: 'a b',
      encrypted: true,
      headers: [],
      body: null,
      peer: null,
    }
    const it = new LambdaRequest(incoming, new Deadline(contextFor(), 500))
    expect(() => it.url).toThrow(expect.objectContaining({ status: 400, code: 'BAD_REQUEST' }))
  })
})

describe('EventHeaders', () => {
  it('reads fields in any case, joined', () => {
    const { headers } = request()
    expect([headers.get('Accept'), headers.get('cookie'), headers.get('x')]).toEqual([
      'a/b, c/d',
      'a=1; b=2',
      null,
    ])
    expect([headers.has('ACCEPT'), headers.has('x')]).toEqual([true, false])
  })

  it('walks as the native class does', () => {
    const expected = [
      ['accept', 'a/b, c/d'],
      ['content-type', 'application/json'],
      ['cookie', 'a=1; b=2'],
    ]
    const { headers } = request()
    expect([...headers]).toEqual(expected)
    expect([...headers.entries()]).toEqual(expected)
    expect([...new Headers(headers)]).toEqual(expected)
  })

  it('cannot be changed', () => {
    const { headers } = request()
    for (const change of ['set', 'append', 'delete'] as const)
      expect(() => headers[change]('a', 'b')).toThrow(TypeError)
  })

  it('refuses a malformed name as the native class does', () => {
    expect(() => new EventHeaders([]).get('a b')).toThrow(TypeError)
  })
})

describe('LambdaResponse', () => {
  function make(body: string | null = 'text', status = 200): AmendableResponse {
    return createLambdaResponse(body, status, ['content-type', 'text/plain'])
  }

  it('tells status and passes for a native one', () => {
    expect([make().status, make().ok, make(null, 404).ok]).toEqual([200, true, false])
    expect(make()).toBeInstanceOf(Response)
  })

  it('is sent as it was made', () => {
    expect(capture(make())).toEqual({ body: 'text', status: 200, headers: ['content-type', 'text/plain'] })
  })

  it('takes further fields before and after its headers were looked at', () => {
    const early = make()
    early.amend?.(['content-type', 'a/b', 'set-cookie', 'a=1', 'set-cookie', 'b=2'])
    expect(capture(early).headers).toEqual(['content-type', 'a/b', 'set-cookie', 'a=1', 'set-cookie', 'b=2'])
    const late = make()
    late.headers.set('x-a', '1')
    late.amend?.(['set-cookie', 'a=1', 'x-a', '2'])
    expect(capture(late).headers).toEqual(['content-type', 'text/plain', 'set-cookie', 'a=1', 'x-a', '2'])
  })

  it('cannot be sent when its body was read', async () => {
    const it = make()
    await it.text()
    expect(() => capture(it)).toThrow(expect.objectContaining({ code: 'BODY_USED' }))
  })

  it('can be sent after it was cloned', async () => {
    const it = make()
    expect(await it.clone().text()).toBe('text')
    expect(await new Response(capture(it).body).text()).toBe('text')
  })
})

describe('installStandIns()', () => {
  it('lets fetch() send ours on', async () => {
    const it = own(request('sent'))
    expect(fetch.name).toBe('fetch')
    // An address that nobody answers at: it is refused by the network, not by the class.
    await expect(fetch(asRequest(it), { signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow(
      'stopped',
    )
  })

  it('leaves native ones as they are', () => {
    expect(new Request('http://localhost/')).toBeInstanceOf(native)
    expect(new native('http://localhost/')).toBeInstanceOf(Request)
    class Own extends Request {}
    expect(new Own('http://localhost/')).toBeInstanceOf(Own)
    // oxlint-disable-next-line new-cap -- calling it is what is tested
    expect(() => Reflect.apply(Request, undefined, ['http://localhost/'])).toThrow(TypeError)
    expect(() => Reflect.construct(Request, [])).toThrow(TypeError)
  })
})
