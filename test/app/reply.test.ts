import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app/index.ts'
import type { Handler } from '../../src/context/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'

async function reply(handler: Handler): Promise<Response> {
  return createApp().get('/', handler).fetch(new Request('http://localhost/'), createTestPlatform())
}

async function facts(handler: Handler): Promise<[number, string | null, string]> {
  const response = await reply(handler)
  return [response.status, response.headers.get('content-type'), await response.text()]
}

describe('a handler may return', () => {
  const text = 'text/plain;charset=UTF-8'
  const cases: [string, Handler, [number, string | null, string]][] = [
    [
      'a Response',
      () => new Response('own', { status: 201, headers: { 'content-type': 'x/y' } }),
      [201, 'x/y', 'own'],
    ],
    ['a string', () => 'hé', [200, text, 'hé']],
    ['an object', () => ({ a: 1, b: undefined }), [200, 'application/json', '{"a":1}']],
    ['an array', () => [1, 'x'], [200, 'application/json', '[1,"x"]']],
    ['a number', () => 7, [200, 'application/json', '7']],
    ['a boolean', () => false, [200, 'application/json', 'false']],
    ['null', () => null, [204, null, '']],
    ['a promise of any of them', async () => ({ later: true }), [200, 'application/json', '{"later":true}']],
    ['an object with toJSON', () => new Date(0), [200, 'application/json', '"1970-01-01T00:00:00.000Z"']],
    ['bytes', () => new Uint8Array([104, 105]), [200, 'application/octet-stream', 'hi']],
    ['a Blob', () => new Blob(['b'], { type: 'text/csv' }), [200, 'text/csv', 'b']],
    [
      'an async iterable',
      async function* chunks() {
        yield 'a'
        yield new Uint8Array([98])
      } as unknown as Handler,
      [200, 'application/octet-stream', 'ab'],
    ],
    ['a stream', () => new Blob(['s']).stream(), [200, 'application/octet-stream', 's']],
  ]
  test.each(cases)('%s', async (_name, handler, expected) => {
    expect(await facts(handler)).toEqual(expected)
  })
})

describe('ctx', () => {
  test('status() and header() hold for a plain value', async () => {
    const response = await reply((ctx) => {
      ctx.status(201).header('x-a', '1')
      return { made: true }
    })
    expect([response.status, response.headers.get('x-a')]).toEqual([201, '1'])
  })

  test('header() holds for a Response that the handler made', async () => {
    const response = await reply((ctx) => {
      ctx.header('x-a', '1')
      return new Response('x', { headers: { 'x-b': '2' } })
    })
    expect([response.headers.get('x-a'), response.headers.get('x-b')]).toEqual(['1', '2'])
  })

  test('header() replaces, and appends when asked to', async () => {
    const response = await reply((ctx) =>
      ctx
        .header('x-a', '1')
        .header('X-A', '2')
        .header('set-cookie', 'a=1', { append: true })
        .header('set-cookie', 'b=2', { append: true })
        .text(''),
    )
    expect([response.headers.get('x-a'), response.headers.getSetCookie()]).toEqual(['2', ['a=1', 'b=2']])
  })

  test.each(['a\r\nb: c', 'a\nb', 'a\0b', 'snow☃'])('header() refuses the value %j', async (value) => {
    expect((await reply((ctx) => ctx.header('x-a', value).text(''))).status).toBe(500)
  })

  test.each(['', 'a b', 'a:b', 'a\r\nb'])('header() refuses the name %j', async (name) => {
    expect((await reply((ctx) => ctx.header(name, 'x').text(''))).status).toBe(500)
  })

  test('reply() refuses a media type that would split the header', async () => {
    expect((await reply((ctx) => ctx.reply('x', 'text/html\r\nset-cookie: a=b'))).status).toBe(500)
  })

  test('redirect() goes within the site and nowhere else', async () => {
    const inside = await reply((ctx) => ctx.redirect('/login?from=%2F', { status: 303 }))
    expect([inside.status, inside.headers.get('location')]).toEqual([303, '/login?from=%2F'])
    for (const target of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
    ]) {
      expect((await reply((ctx) => ctx.redirect(target))).status).toBe(500)
    }
  })

  test('redirect() leaves the site where allowOrigins says so', async () => {
    const response = await reply((ctx) =>
      ctx.redirect('https://login.example/a', { allowOrigins: ['https://login.example'] }),
    )
    expect(response.headers.get('location')).toBe('https://login.example/a')
  })

  test('html() and xml() name their media types', async () => {
    expect((await facts((ctx) => ctx.html('<p>')))[1]).toBe('text/html; charset=utf-8')
    expect((await facts((ctx) => ctx.xml('<a/>')))[1]).toBe('application/xml; charset=utf-8')
  })

  test('problem() makes problem details', async () => {
    const response = await reply((ctx) =>
      ctx.problem(410, { detail: 'Moved away', extensions: { since: 2020 } }),
    )
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Gone',
      status: 410,
      detail: 'Moved away',
      since: 2020,
    })
  })

  test('a stream that is cancelled ends its source', async () => {
    let ended = false
    const response = await reply((ctx) =>
      ctx.stream(
        (async function* endless() {
          try {
            for (;;) yield 'x'
          } finally {
            ended = true
          }
        })(),
      ),
    )
    const reader = response.body?.getReader()
    await reader?.read()
    await reader?.cancel()
    expect(ended).toBe(true)
  })
})
