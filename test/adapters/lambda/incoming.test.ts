import { describe, expect, it } from 'vitest'
import { recogniseEvent } from '../../../adapters/lambda/event.ts'
import type { Incoming } from '../../../adapters/lambda/incoming.ts'
import { fieldOf, readEvent } from '../../../adapters/lambda/incoming.ts'
import type { LambdaOptions } from '../../../adapters/lambda/options.ts'
import { resolveOptions } from '../../../adapters/lambda/options.ts'
import {
  albEvent,
  albMultiEvent,
  http1Event,
  httpEvent,
  restEvent,
  urlEvent,
  withMethod,
} from './fixtures.ts'

function read(event: unknown, options: LambdaOptions = {}): Incoming {
  return readEvent(recogniseEvent(event), resolveOptions(options))
}

function textOf({ body }: Incoming): string | null {
  return body === null ? null : new TextDecoder().decode(body)
}

const websocket = { requestContext: { connectionId: 'Abc=', eventType: 'MESSAGE', routeKey: '$default' } }

describe('recogniseEvent()', () => {
  it.each([
    ['rest', restEvent()],
    ['http-1', http1Event()],
    ['http', httpEvent()],
    ['url', urlEvent()],
    ['alb', albEvent()],
    ['alb-multi', albMultiEvent()],
    ['websocket', websocket],
  ])('knows the kind %s', (kind, event) => {
    expect(recogniseEvent(event).kind).toBe(kind)
  })

  it.each([
    ['nothing', undefined, 'got undefined'],
    ['null', null, 'got null'],
    ['text', 'a', 'got string'],
    ['a list', [], 'got a list'],
    ['an empty object', {}, 'got an object without fields'],
    ['a queue', { Records: [{ body: 'secret' }] }, 'got an object with Records'],
    ['a schedule', { source: 'aws.events', detail: {} }, 'got an object with source, detail'],
    ['a context that is text', { requestContext: 'x', httpMethod: 'GET', path: '/' }, 'requestContext'],
    ['format 2.0 without version', { ...httpEvent(), version: undefined }, 'version 2.0'],
    ['a REST event without path', { ...restEvent(), path: undefined }, 'httpMethod and path'],
    [
      'a WebSocket event of an unknown type',
      { requestContext: { connectionId: 'a', eventType: 'X' } },
      'eventType',
    ],
  ])('refuses %s and names what it expects', (_name, event, text) => {
    expect(() => recogniseEvent(event)).toThrow(TypeError)
    expect(() => recogniseEvent(event)).toThrow(text)
    expect(() => recogniseEvent(event)).toThrow('requestContext.http')
  })

  it('shows no value of an unknown event', () => {
    expect(() => recogniseEvent({ Records: [{ body: 'secret' }] })).not.toThrow('secret')
  })
})

describe('readEvent(): path', () => {
  it.each([
    ['rest', restEvent({ path: '/a%20b%2Fc' }), '/a%20b%2Fc'],
    ['http-1', http1Event({ path: '/a b' }), '/a%20b'],
    ['http', httpEvent({ rawPath: '/a b' }), '/a%20b'],
    ['http with what would end a path', httpEvent({ rawPath: '/a?b#c' }), '/a%3Fb%23c'],
    ['http with a per cent sign', httpEvent({ rawPath: '/100%25' }), '/100%2525'],
    ['http beyond ASCII', httpEvent({ rawPath: '/grün/日本' }), '/gr%C3%BCn/%E6%97%A5%E6%9C%AC'],
    ['http with half a character', httpEvent({ rawPath: '/\ud800' }), '/%EF%BF%BD'],
    ['url', urlEvent({ rawPath: '/a%20b%2Fc%3F' }), '/a%20b%2Fc%3F'],
    ['url with stray characters', urlEvent({ rawPath: '/a b?c#d' }), '/a%20b%3Fc%23d'],
    ['url with half an escape', urlEvent({ rawPath: '/a%2' }), '/a%2'],
    ['alb', albEvent({ path: '/a%20b%2Fc' }), '/a%20b%2Fc'],
    ['alb-multi', albMultiEvent({ path: '/gr%C3%BCn' }), '/gr%C3%BCn'],
    ['no slash at its beginning', urlEvent({ rawPath: 'a' }), '/a'],
    ['an empty one', urlEvent({ rawPath: '' }), '/'],
  ])('of %s', (_kind, event, target) => {
    expect(read(event).target).toBe(target)
  })

  const staged = httpEvent({
    rawPath: '/prod/users',
    requestContext: { ...httpEvent().requestContext, stage: 'prod' },
  })

  it('of an HTTP API loses the name of the stage', () => {
    expect(read(staged).target).toBe('/users')
  })

  it('keeps the name of the stage where that is wanted', () => {
    expect(read(staged, { stagePrefix: 'keep' }).target).toBe('/prod/users')
  })

  it('keeps what only begins like the stage', () => {
    expect(read({ ...staged, rawPath: '/production' }).target).toBe('/production')
  })

  it('that is the stage alone becomes the root', () => {
    expect(read({ ...staged, rawPath: '/prod' }).target).toBe('/')
  })

  it('of a REST API has no stage to lose', () => {
    expect(read(restEvent({ path: '/prod/users' })).target).toBe('/prod/users')
  })

  it.each([
    ['/shop/cart', '/cart'],
    ['/shop', '/'],
    ['/shopping', '/shopping'],
    ['/other', '/other'],
  ])('%s without the base path /shop is %s', (path, target) => {
    expect(read(restEvent({ path }), { basePath: '/shop' }).target).toBe(target)
  })
})

describe('readEvent(): query', () => {
  it.each([
    [
      'rest, decoded',
      restEvent({ multiValueQueryStringParameters: { 'a&b': ['1 2', 'ü'], c: ['100%'] } }),
      '/notes?a%26b=1%202&a%26b=%C3%BC&c=100%25',
    ],
    ['rest with single values only', restEvent({ queryStringParameters: { a: '1+1' } }), '/notes?a=1%2B1'],
    ['http-1, decoded', http1Event({ multiValueQueryStringParameters: { a: ['='] } }), '/notes?a=%3D'],
    ['http, raw', httpEvent({ rawQueryString: 'a=1%202&a=3&b' }), '/notes?a=1%202&a=3&b'],
    ['url, raw', urlEvent({ rawQueryString: 'a=%23&b=c+d' }), '/notes?a=%23&b=c+d'],
    ['url with stray characters', urlEvent({ rawQueryString: 'a=ü #' }), '/notes?a=%C3%BC%20%23'],
    [
      'alb, encoded',
      albEvent({ queryStringParameters: { 'a%26b': '1%202', c: '%' } }),
      '/notes?a%26b=1%202&c=%',
    ],
    [
      'alb-multi, encoded',
      albMultiEvent({ multiValueQueryStringParameters: { a: ['1%202', '3'], b: [''] } }),
      '/notes?a=1%202&a=3&b=',
    ],
    ['no query', albEvent(), '/notes'],
  ])('of %s', (_kind, event, target) => {
    expect(read(event).target).toBe(target)
  })
})

describe('readEvent(): fields', () => {
  it('have names in lower case', () => {
    expect(read(restEvent()).headers).toEqual([
      'host',
      'r3st0example.execute-api.eu-west-3.amazonaws.com',
      'x-forwarded-proto',
      'https',
    ])
  })

  it('that repeat are all there', () => {
    const event = restEvent({ multiValueHeaders: { Accept: ['a/b', 'c/d'] } })
    expect(read(event).headers).toEqual(['accept', 'a/b', 'accept', 'c/d'])
  })

  it('of a REST API without lists come from the single ones', () => {
    const { multiValueHeaders: _, ...event } = restEvent()
    expect(fieldOf(read(event).headers, 'x-forwarded-proto')).toBe('https')
  })

  it('of format 2.0 have the cookies of their own list', () => {
    const { headers } = read(httpEvent({ cookies: ['a=1', 'b=2'] }))
    expect(fieldOf(headers, 'cookie')).toBe('a=1; b=2')
  })

  it('of a function URL have each cookie once', () => {
    const event = urlEvent({ cookies: ['a=1', 'b=2'] })
    const { headers } = read({ ...event, headers: { ...event.headers, Cookie: 'a=1; b=2' } })
    expect(headers.filter((name) => name === 'cookie')).toHaveLength(1)
  })

  it('that are no text are left out', () => {
    const { headers } = read({ ...httpEvent(), headers: { a: 1, b: null, c: 'd' } })
    expect(headers).toEqual(['c', 'd'])
  })

  it('may be missing', () => {
    expect(read({ ...httpEvent(), headers: undefined }).host).toBe(httpEvent().requestContext.domainName)
    expect(read({ ...albEvent(), headers: null }).host).toBe('localhost')
  })
})

describe('readEvent(): connection', () => {
  it.each([
    ['rest', restEvent(), { address: '203.0.113.7', encrypted: true, port: 0, protocol: 'HTTP/1.1' }],
    ['http', httpEvent(), { address: '203.0.113.7', encrypted: true, port: 0, protocol: 'HTTP/1.1' }],
    [
      'alb, last hop',
      albEvent(),
      { address: '203.0.113.7', encrypted: false, port: 0, protocol: 'HTTP/1.1' },
    ],
    [
      'alb-multi',
      albMultiEvent(),
      { address: '203.0.113.7', encrypted: true, port: 0, protocol: 'HTTP/1.1' },
    ],
    ['alb that does not tell', albEvent({ headers: {} }), null],
  ])('peer of %s', (_kind, event, peer) => {
    expect(read(event).peer).toEqual(peer)
  })

  it('a client cannot choose its address by a field of its own before the gateway', () => {
    const event = httpEvent({ headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' } })
    expect(read(event).peer?.address).toBe('203.0.113.7')
  })

  it('scheme comes from the load balancer, and is https elsewhere', () => {
    expect(read(albEvent()).encrypted).toBe(false)
    expect(read(albMultiEvent()).encrypted).toBe(true)
    expect(read(httpEvent({ headers: { 'x-forwarded-proto': 'http' } })).encrypted).toBe(true)
  })

  it('method comes from where the kind has it', () => {
    expect(read(withMethod(httpEvent(), 'PATCH')).method).toBe('PATCH')
    expect(read(restEvent({ httpMethod: 'DELETE' })).method).toBe('DELETE')
  })
})

describe('readEvent(): body', () => {
  it.each([
    ['rest', restEvent({ body: 'grün' })],
    ['http', httpEvent({ body: 'grün' })],
    ['alb', albEvent({ body: 'grün' })],
  ])('of %s without the flag is text', (_kind, event) => {
    expect(textOf(read(event))).toBe('grün')
  })

  it.each([
    ['rest', restEvent({ body: 'AP+AQQ==', isBase64Encoded: true })],
    ['http', httpEvent({ body: 'AP+AQQ==', isBase64Encoded: true })],
    ['alb', albEvent({ body: 'AP+AQQ==', isBase64Encoded: true })],
    ['url without padding', urlEvent({ body: 'AP+AQQ', isBase64Encoded: true })],
  ])('of %s with the flag is Base64', (_kind, event) => {
    expect(read(event).body).toEqual(new Uint8Array([0, 255, 128, 65]))
  })

  it.each([
    ['null', restEvent({ body: null })],
    ['missing', httpEvent()],
    ['empty', albEvent({ body: '' })],
  ])('that is %s is none', (_name, event) => {
    expect(read(event).body).toBeNull()
  })

  it('has memory of its own', () => {
    const { body } = read(httpEvent({ body: 'AAAA', isBase64Encoded: true }))
    expect(body?.buffer.byteLength).toBe(3)
  })
})

describe('readEvent() refuses', () => {
  it.each([
    ['a body that is no text', { ...httpEvent(), body: {} }, 'body is text, got object'],
    ['a body that is no Base64', httpEvent({ body: '***', isBase64Encoded: true }), 'Base64'],
    ['a path that is no text', { ...httpEvent(), rawPath: 7 }, 'rawPath is text, got number'],
    [
      'a method that is no text',
      { ...httpEvent(), requestContext: { http: { method: null } } },
      'requestContext.http.method is text, got null',
    ],
  ])('%s', (_name, event, text) => {
    expect(() => read(event)).toThrow(TypeError)
    expect(() => read(event)).toThrow(text)
  })
})

describe('resolveOptions()', () => {
  it('lists every mistake', () => {
    // Wrong on purpose.
    const wrong = {
      basePath: 'shop/',
      stagePrefix: 'cut',
      marginMs: -1,
      log: 1,
      stores: 2,
      extra: 3,
    } as object
    expect(() => resolveOptions(wrong)).toThrow(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        details: { problems: [0, 1, 2, 3, 4, 5].map(() => expect.any(String)) },
      }),
    )
  })
})
