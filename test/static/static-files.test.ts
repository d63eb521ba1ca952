import { beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app/index.ts'
import { RockstarError } from '../../src/errors/index.ts'
import type { StaticOptions } from '../../src/static/index.ts'
import { hasContentHash, staticFiles } from '../../src/static/index.ts'
import type { ObjectStore } from '../../src/stores/object/index.ts'
import { memoryObjects } from '../../src/stores/object/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'

const modifiedMs = Date.UTC(2025, 5, 1, 12)
const lastModified = 'Sun, 01 Jun 2025 12:00:00 GMT'
const alphabet = 'abcdefghijklmnopqrstuvwxyz'
const large = new Uint8Array(200_000).map((_, index) => index % 251)

let store: ObjectStore

beforeAll(async () => {
  store = memoryObjects({ now: () => modifiedMs })
  const files: Record<string, string | Uint8Array> = {
    'index.html': '<h1>home</h1>',
    'docs/index.html': '<h1>docs</h1>',
    'a b/é/index.html': '<h1>é</h1>',
    'alphabet.txt': alphabet,
    'empty.txt': '',
    'large.bin': large,
    'app.js': 'plain',
    'app.js.br': 'brotli',
    'app.js.gz': 'gzipped',
    'photo.png': 'png',
    'photo.png.gz': 'never',
    'odd.unknown': '?',
    '.env': 'secret',
    '.well-known/security.txt': 'contact',
    'assets/app-B3xk91Zq.js': 'hashed',
    'evil:x/index.html': 'x',
    'con.txt': 'device',
    'public/deep.txt': 'deep',
  }
  for (const [key, body] of Object.entries(files)) await store.put(key, body)
})

type Fields = Readonly<Record<string, string>>

async function ask(
  target: string,
  headers: Fields = {},
  options: StaticOptions = {},
  method = 'GET',
): Promise<Response> {
  const app = createApp().get('/s/*path', staticFiles(store, options))
  return app.fetch(new Request(`http://localhost${target}`, { method, headers }), createTestPlatform())
}

async function etagOf(target: string): Promise<string> {
  return (await ask(target)).headers.get('etag') ?? ''
}

describe('staticFiles() answers 200', () => {
  test('with all fields that describe a file', async () => {
    const response = await ask('/s/alphabet.txt')
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(alphabet)
    expect(Object.fromEntries(response.headers)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=0, must-revalidate',
      'content-length': '26',
      'content-type': 'text/plain; charset=utf-8',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      'last-modified': lastModified,
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    })
  })

  test('with a large file as a stream of its length', async () => {
    const response = await ask('/s/large.bin')
    expect(response.headers.get('content-length')).toBe('200000')
    expect(await response.bytes()).toEqual(large)
  })

  test('with an empty file', async () => {
    const response = await ask('/s/empty.txt')
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '0',
      '',
    ])
  })

  test('with application/octet-stream for an unknown extension', async () => {
    expect((await ask('/s/odd.unknown')).headers.get('content-type')).toBe('application/octet-stream')
  })

  test('with the media type that the store kept', async () => {
    await store.put('typed.txt', 'x', { mediaType: 'text/x-own' })
    expect((await ask('/s/typed.txt')).headers.get('content-type')).toBe('text/x-own')
  })

  test('without what would end a header in the media type that the store kept', async () => {
    await store.put('typed.css', 'x', { mediaType: 'text/html\r\nx-evil: 1' })
    expect((await ask('/s/typed.css')).headers.get('content-type')).toBe('text/css; charset=utf-8')
  })

  test('to HEAD, without opening the file', async () => {
    const watched: ObjectStore = { ...store, get: () => Promise.reject(new Error('It was opened')) }
    const app = createApp().get('/s/*path', staticFiles(watched))
    const response = await app.fetch(new Request('http://localhost/s/alphabet.txt', { method: 'HEAD' }))
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
      200,
      '26',
      '',
    ])
  })

  test('to HEAD with the same fields as to GET', async () => {
    const [head, get] = [await ask('/s/app.js', {}, {}, 'HEAD'), await ask('/s/app.js')]
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers))
  })

  test('with the index of a folder', async () => {
    const response = await ask('/s/docs/')
    expect([await response.text(), response.headers.get('content-type')]).toEqual([
      '<h1>docs</h1>',
      'text/html; charset=utf-8',
    ])
  })

  test('with the index of the root', async () => {
    expect(await (await ask('/s/')).text()).toBe('<h1>home</h1>')
  })

  test('from a folder of the store', async () => {
    expect(await (await ask('/s/deep.txt', {}, { folder: 'public' })).text()).toBe('deep')
  })

  test('under another parameter', async () => {
    const app = createApp().get('/*file', staticFiles(store, { param: 'file' }))
    expect(await (await app.fetch(new Request('http://localhost/alphabet.txt'))).text()).toBe(alphabet)
  })

  test('for a name beyond ASCII', async () => {
    expect(await (await ask('/s/a%20b/%C3%A9/')).text()).toBe('<h1>é</h1>')
  })

  test('for a name with a percent sign', async () => {
    await store.put('x%2Fy.txt', 'literal')
    expect(await (await ask('/s/x%252Fy.txt')).text()).toBe('literal')
  })

  test('with the Cache-Control that it was given', async () => {
    expect((await ask('/s/app.js', {}, { cacheControl: 'no-store' })).headers.get('cache-control')).toBe(
      'no-store',
    )
  })

  test('with an immutable one for names that change with their content', async () => {
    const options = { immutable: hasContentHash }
    expect((await ask('/s/assets/app-B3xk91Zq.js', {}, options)).headers.get('cache-control')).toBe(
      'public, max-age=31536000, immutable',
    )
    expect((await ask('/s/app.js', {}, options)).headers.get('cache-control')).toBe(
      'public, max-age=0, must-revalidate',
    )
  })

  test('with .well-known where it is allowed', async () => {
    expect(await (await ask('/s/.well-known/security.txt', {}, { dotfiles: 'well-known' })).text()).toBe(
      'contact',
    )
  })
})

describe('staticFiles() leaves out what it does not know', () => {
  test('a date that is later than the answer', async () => {
    const late = memoryObjects({ now: () => Date.UTC(9999, 0, 1) * 2 })
    await late.put('a.txt', 'x')
    const app = createApp().get('/s/*path', staticFiles(late))
    const response = await app.fetch(new Request('http://localhost/s/a.txt'), createTestPlatform())
    expect([response.status, response.headers.has('last-modified'), response.headers.has('etag')]).toEqual([
      200,
      false,
      true,
    ])
  })

  test('a tag, and answers 304 by the date then', async () => {
    const untagged: ObjectStore = {
      ...store,
      head: async (key) => ({ key, sizeBytes: 1, modifiedMs, etag: null, mediaType: null }),
    }
    const app = createApp().get('/s/*path', staticFiles(untagged))
    const request = new Request('http://localhost/s/photo.png', {
      headers: { 'if-modified-since': lastModified },
    })
    const response = await app.fetch(request, createTestPlatform())
    expect([response.status, Object.fromEntries(response.headers)]).toEqual([
      304,
      { 'cache-control': 'public, max-age=0, must-revalidate', 'last-modified': lastModified },
    ])
  })
})

describe('staticFiles() redirects', () => {
  test('a folder to the one with a slash, relative to the request', async () => {
    const response = await ask('/s/docs')
    expect([response.status, response.headers.get('location')]).toEqual([308, './docs/'])
  })

  test('and keeps the query', async () => {
    expect((await ask('/s/docs?a=1&b=%2F')).headers.get('location')).toBe('./docs/?a=1&b=%2F')
  })

  test('and keeps the encoding', async () => {
    const response = await ask('/s/a%20b/%C3%A9')
    expect(new URL(response.headers.get('location') ?? '', 'http://localhost/s/a%20b/%C3%A9').pathname).toBe(
      '/s/a%20b/%C3%A9/',
    )
  })

  test('the root without a slash', async () => {
    expect((await ask('/s')).headers.get('location')).toBe('./s/')
  })
})

describe('staticFiles() answers 404', () => {
  test.each([
    ['what is not there', '/s/none.txt'],
    ['a file with a slash', '/s/alphabet.txt/'],
    ['a folder without an index', '/s/assets/'],
    ['a hidden file', '/s/.env'],
    ['a hidden file, encoded', '/s/%2Eenv'],
    ['a hidden folder', '/s/.well-known/security.txt'],
    ['a slash that came encoded', '/s/docs%2Findex.html'],
    ['a slash that came encoded in small letters', '/s/docs%2findex.html'],
    ['a slash that came encoded at the end', '/s/docs%2F'],
    ['a way up that came encoded', '/s/..%2Findex.html'],
    ['a way up in dots and slashes that came encoded', '/s/%2e%2e%2f%2e%2e%2findex.html'],
    ['a way up, encoded twice', '/s/%252e%252e/index.html'],
    ['a backslash that came encoded', '/s/docs%5Cindex.html'],
    ['a drive', '/s/C:/index.html'],
    ['an alternate stream', '/s/index.html::$DATA'],
    ['a device', '/s/con.txt'],
    ['a dot at the end', '/s/index.html.'],
    ['a blank at the end', '/s/index.html%20'],
    ['a name of 300 characters', `/s/${'x'.repeat(300)}`],
    ['a folder with a colon', '/s/evil:x/'],
  ])('for %s', async (_name, target) => {
    const response = await ask(target)
    expect(response.status).toBe(404)
    expect(await response.text()).not.toMatch(/secret|home|docs</)
  })

  test('for a path with NUL, or 400 where the router refuses it', async () => {
    expect([400, 404]).toContain((await ask('/s/alphabet.txt%00.png')).status)
  })

  test('with the same words whatever the reason', async () => {
    const bodies = await Promise.all(
      ['/s/none.txt', '/s/.env', '/s/con.txt'].map(async (target) => (await ask(target)).text()),
    )
    expect(new Set(bodies).size).toBe(1)
  })

  test('for a folder when there is no index', async () => {
    expect((await ask('/s/docs/', {}, { index: null })).status).toBe(404)
    expect((await ask('/s/docs', {}, { index: null })).status).toBe(404)
  })
})

describe('staticFiles() answers 304', () => {
  test('when If-None-Match has the tag, with no more than caches need', async () => {
    const etag = await etagOf('/s/alphabet.txt')
    const response = await ask('/s/alphabet.txt', { 'if-none-match': `W/"x", ${etag}` })
    expect([response.status, await response.text()]).toEqual([304, ''])
    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'public, max-age=0, must-revalidate',
      etag,
      vary: 'accept-encoding',
    })
  })

  test('when it was not modified since', async () => {
    expect((await ask('/s/alphabet.txt', { 'if-modified-since': lastModified })).status).toBe(304)
  })

  test('but not for another tag with the same date', async () => {
    const fields = { 'if-none-match': '"other"', 'if-modified-since': lastModified }
    expect((await ask('/s/alphabet.txt', fields)).status).toBe(200)
  })

  test('to HEAD', async () => {
    expect((await ask('/s/alphabet.txt', { 'if-none-match': '*' }, {}, 'HEAD')).status).toBe(304)
  })

  test('before a range', async () => {
    const fields = { 'if-none-match': await etagOf('/s/alphabet.txt'), range: 'bytes=0-1' }
    expect((await ask('/s/alphabet.txt', fields)).status).toBe(304)
  })
})

describe('staticFiles() answers 412', () => {
  test.each<[string, Fields]>([
    ['If-Match has another tag', { 'if-match': '"other"' }],
    ['it was modified since', { 'if-unmodified-since': 'Sun, 01 Jun 2025 11:59:59 GMT' }],
  ])('when %s', async (_name, fields) => {
    const response = await ask('/s/alphabet.txt', fields)
    expect([response.status, await response.json()]).toEqual([
      412,
      expect.objectContaining({ code: 'PRECONDITION_FAILED' }),
    ])
  })
})

describe('staticFiles() answers 206', () => {
  test.each([
    ['the first bytes', 'bytes=0-4', 'abcde', 'bytes 0-4/26'],
    ['the last bytes', 'bytes=-3', 'xyz', 'bytes 23-25/26'],
    ['what is left', 'bytes=20-', 'uvwxyz', 'bytes 20-25/26'],
    ['everything', 'bytes=0-', alphabet, 'bytes 0-25/26'],
    ['two that touch, as one', 'bytes=0-4,5-9', 'abcdefghij', 'bytes 0-9/26'],
  ])('with %s', async (_name, range, text, contentRange) => {
    const response = await ask('/s/alphabet.txt', { range })
    expect([response.status, await response.text()]).toEqual([206, text])
    expect([response.headers.get('content-range'), response.headers.get('content-length')]).toEqual([
      contentRange,
      String(text.length),
    ])
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })

  test('with a large range as a stream', async () => {
    const response = await ask('/s/large.bin', { range: 'bytes=1000-199998' })
    expect(await response.bytes()).toEqual(large.slice(1000, 199_999))
  })

  test('with several ranges as parts of the announced length', async () => {
    const response = await ask('/s/large.bin', { range: 'bytes=0-9,1000-1009,-5' })
    const body = await response.bytes()
    expect(response.status).toBe(206)
    expect(response.headers.has('content-range')).toBe(false)
    expect(response.headers.get('content-length')).toBe(String(body.byteLength))
    const boundary = /^multipart\/byteranges; boundary=([\w-]{36})$/.exec(
      response.headers.get('content-type') ?? '',
    )?.[1]
    const parts = new TextDecoder('latin1').decode(body).split(`--${boundary}`)
    expect(parts).toHaveLength(5)
    expect(parts[2]).toBe(
      `\r\ncontent-type: application/octet-stream\r\ncontent-range: bytes 1000-1009/200000\r\n\r\n` +
        `${new TextDecoder('latin1').decode(large.slice(1000, 1010))}\r\n`,
    )
    expect(parts[4]).toBe('--\r\n')
  })

  test('when If-Range has the tag', async () => {
    const fields = { range: 'bytes=0-4', 'if-range': await etagOf('/s/alphabet.txt') }
    expect((await ask('/s/alphabet.txt', fields)).status).toBe(206)
  })

  test('when If-Range has the date', async () => {
    expect((await ask('/s/alphabet.txt', { range: 'bytes=0-4', 'if-range': lastModified })).status).toBe(206)
  })

  test('when If-Match and If-Unmodified-Since hold', async () => {
    const fields = {
      range: 'bytes=0-4',
      'if-match': await etagOf('/s/alphabet.txt'),
      'if-unmodified-since': lastModified,
    }
    expect((await ask('/s/alphabet.txt', fields)).status).toBe(206)
  })
})

describe('staticFiles() sends the whole file', () => {
  test.each<[string, Fields]>([
    ['If-Range has another tag', { range: 'bytes=0-4', 'if-range': '"other"' }],
    ['If-Range has another date', { range: 'bytes=0-4', 'if-range': 'Sun, 01 Jun 2025 12:00:01 GMT' }],
    ['If-Range is there without a range', { 'if-range': '"other"' }],
    ['the range is malformed', { range: 'bytes=4-0' }],
    ['the unit is unknown', { range: 'lines=0-4' }],
    ['there are too many ranges', { range: `bytes=${'0-0,'.repeat(17)}` }],
    ['If-Range fails for a range that lies outside', { range: 'bytes=99-', 'if-range': '"other"' }],
  ])('when %s', async (_name, fields) => {
    const response = await ask('/s/alphabet.txt', fields)
    expect([response.status, await response.text()]).toEqual([200, alphabet])
  })

  test('to HEAD with a range', async () => {
    const response = await ask('/s/alphabet.txt', { range: 'bytes=0-4' }, {}, 'HEAD')
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '26'])
  })
})

describe('staticFiles() answers 416', () => {
  test('when no range lies within, and says how large the file is', async () => {
    const response = await ask('/s/alphabet.txt', { range: 'bytes=26-' })
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */26'])
    expect(response.headers.has('etag')).toBe(false)
  })

  test('for any range of an empty file', async () => {
    expect((await ask('/s/empty.txt', { range: 'bytes=0-0' })).status).toBe(416)
  })
})

describe('staticFiles() chooses a coding', () => {
  test.each([
    ['the most wanted of the server', 'gzip, deflate, br, zstd', 'brotli', 'br'],
    ['what the client wants more', 'br;q=0.1, gzip', 'gzipped', 'gzip'],
    ['the next one when a file is not there', 'zstd, gzip;q=0.5', 'gzipped', 'gzip'],
    ['the plain file when none is there', 'zstd', 'plain', null],
    ['the plain file when none is taken', 'deflate', 'plain', null],
    ['the plain file when it is wanted more', 'identity, br;q=0.5', 'plain', null],
  ])('%s', async (_name, accepted, text, coding) => {
    const response = await ask('/s/app.js', { 'accept-encoding': accepted })
    expect([await response.text(), response.headers.get('content-encoding')]).toEqual([text, coding])
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect([response.headers.get('vary'), response.headers.get('content-length')]).toEqual([
      'accept-encoding',
      String(text.length),
    ])
  })

  test('with a tag of its own', async () => {
    const tags = await Promise.all(
      ['br', 'gzip', 'identity'].map(async (coding) =>
        (await ask('/s/app.js', { 'accept-encoding': coding })).headers.get('etag'),
      ),
    )
    expect(new Set(tags).size).toBe(3)
    expect(tags[0]).toMatch(/-br"$/)
  })

  test('and answers 304 for the tag of that coding only', async () => {
    const etag = (await ask('/s/app.js', { 'accept-encoding': 'br' })).headers.get('etag') ?? ''
    expect((await ask('/s/app.js', { 'accept-encoding': 'br', 'if-none-match': etag })).status).toBe(304)
    expect((await ask('/s/app.js', { 'if-none-match': etag })).status).toBe(200)
  })

  test('and takes ranges of it', async () => {
    const response = await ask('/s/app.js', { 'accept-encoding': 'br', range: 'bytes=0-1' })
    expect([await response.text(), response.headers.get('content-range')]).toEqual(['br', 'bytes 0-1/6'])
  })

  test('of files that can be compressed only', async () => {
    const response = await ask('/s/photo.png', { 'accept-encoding': 'gzip' })
    expect([await response.text(), response.headers.has('vary')]).toEqual(['png', false])
  })

  test('of none when it is told so', async () => {
    const response = await ask('/s/app.js', { 'accept-encoding': 'gzip' }, { precompressed: [] })
    expect([await response.text(), response.headers.has('vary')]).toEqual(['plain', false])
  })

  test('for a name that is too long with its ending', async () => {
    const name = `${'x'.repeat(252)}.js`
    await store.put(name, 'long')
    expect(await (await ask(`/s/${name}`, { 'accept-encoding': 'br' })).text()).toBe('long')
  })

  test('and sends a compressed file that was asked for by name as it is', async () => {
    const response = await ask('/s/app.js.gz')
    expect([response.headers.get('content-type'), response.headers.has('content-encoding')]).toEqual([
      'application/gzip',
      false,
    ])
  })
})

describe('staticFiles() falls back', () => {
  const options = { fallback: 'index.html' }
  const accept = 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8'

  test('for a navigation, and says that it depends on Accept', async () => {
    const response = await ask('/s/users/1', { accept }, options)
    expect([response.status, await response.text(), response.headers.get('vary')]).toEqual([
      200,
      '<h1>home</h1>',
      'accept, accept-encoding',
    ])
  })

  test('not for a script', async () => {
    expect((await ask('/s/missing.js', { accept: '*/*' }, options)).status).toBe(404)
  })

  test.each([['/s/.env'], ['/s/..%2Fx'], ['/s/con.txt']])('not for %s', async (target) => {
    expect((await ask(target, { accept }, options)).status).toBe(404)
  })

  test('not when the page itself is missing', async () => {
    expect((await ask('/s/users/1', { accept }, { fallback: 'none.html' })).status).toBe(404)
  })
})

describe('staticFiles() and a store that fails', () => {
  function failing(error: Error): Promise<Response> {
    const broken: ObjectStore = {
      ...store,
      get: () => Promise.reject(error),
      head: () => Promise.reject(error),
    }
    const app = createApp().get('/s/*path', staticFiles(broken))
    return Promise.resolve(app.fetch(new Request('http://localhost/s/a.txt'), createTestPlatform()))
  }

  test('answers 503 with Retry-After and no path', async () => {
    const response = await failing(new RockstarError('STORE_FAILED', 'EIO /var/secret/a.txt'))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await response.text()).not.toContain('/var')
  })

  test('answers 404 for a key that the store cannot name', async () => {
    expect((await failing(new RockstarError('STORE_KEY_INVALID', 'x'))).status).toBe(404)
  })

  test('looks anew when the file was replaced between two looks', async () => {
    let looks = 0
    const other = memoryObjects({ now: () => 0 })
    await other.put('alphabet.txt', 'NEW CONTENT')
    const moving: ObjectStore = {
      ...store,
      head: (key) => (looks++ === 0 ? store : other).head(key),
      get: (key, options) => other.get(key, options),
    }
    const app = createApp().get('/s/*path', staticFiles(moving))
    const response = await app.fetch(
      new Request('http://localhost/s/alphabet.txt', { headers: { range: 'bytes=0-2' } }),
    )
    expect([await response.text(), response.headers.get('content-range')]).toEqual(['NEW', 'bytes 0-2/11'])
  })

  test('gives up when the file is another one at each look', async () => {
    let written = 0
    const restless: ObjectStore = {
      ...store,
      head: async (key) => ({ key, sizeBytes: 26, modifiedMs: written++, etag: null, mediaType: null }),
    }
    const app = createApp().get('/s/*path', staticFiles(restless))
    const request = new Request('http://localhost/s/alphabet.txt', { headers: { range: 'bytes=0-2' } })
    const response = await app.fetch(request, createTestPlatform())
    expect([response.status, await response.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'STORE_CHANGED' }),
    ])
  })

  test('breaks off several ranges when the file is replaced on the way', async () => {
    const other = memoryObjects({ now: () => 0 })
    await other.put('large.bin', new Uint8Array(200_000))
    let opened = 0
    const moving: ObjectStore = {
      ...store,
      get: (key, options) => (opened++ === 0 ? store : other).get(key, options),
    }
    const app = createApp().get('/s/*path', staticFiles(moving))
    const response = await app.fetch(
      new Request('http://localhost/s/large.bin', { headers: { range: 'bytes=0-9,1000-1009' } }),
    )
    await expect(response.bytes()).rejects.toMatchObject({ code: 'STORE_CHANGED' })
  })
})

describe('staticFiles() on a route for any method', () => {
  test('answers 405 with Allow to what is no reading', async () => {
    const app = createApp().all('/s/*path', staticFiles(store))
    const response = await app.fetch(new Request('http://localhost/s/alphabet.txt', { method: 'DELETE' }))
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('staticFiles() on a route without its parameter', () => {
  test('answers 500 and says what to do', async () => {
    const app = createApp().get('/s/:name', staticFiles(store))
    const platform = createTestPlatform()
    expect((await app.fetch(new Request('http://localhost/s/alphabet.txt'), platform)).status).toBe(500)
    expect(platform.logged[0]).toMatchObject({ error: { code: 'OPTIONS_INVALID' } })
  })
})

describe('staticFiles() checks its options', () => {
  test('and throws all that is wrong at once', () => {
    const options = { folder: '../x', index: '/index.html', fallback: 'a//b', cacheControl: 'a\nb' }
    expect(() => staticFiles(store, options)).toThrow(/folder.*index.*fallback.*cacheControl/)
  })

  test('and throws OPTIONS_INVALID', () => {
    try {
      staticFiles(store, { folder: '', index: '' })
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'OPTIONS_INVALID' })
    }
  })
})

describe('hasContentHash()', () => {
  test.each([
    ['app-B3xk91Zq.js'],
    ['a/main.4f9d1c2ab8.css'],
    ['chunk.abcdef12.js.map'],
    ['logo-0123456789abcdef.svg'],
  ])('says yes to %s', (key) => {
    expect(hasContentHash(key)).toBe(true)
  })

  test.each([
    ['app.js'],
    ['bootstrap.bundle.min.js'],
    ['jquery-3.7.1.js'],
    ['component-library.js'],
    ['B3xk91Zq'],
    ['abc-12345678/app.js'],
  ])('says no to %s', (key) => {
    expect(hasContentHash(key)).toBe(false)
  })
})
