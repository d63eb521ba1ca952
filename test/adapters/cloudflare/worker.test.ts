import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Miniflare } from 'miniflare'
import { openWorker } from './miniflare.ts'

const program = `
import { worker } from '../../../adapters/cloudflare/index.ts'
import { createFixture } from './app.ts'
export default worker(createFixture())`

let miniflare: Miniflare
let url: string

beforeAll(async () => {
  // Without nodejs_compat: an import of node: would keep it from starting.
  miniflare = await openWorker(program, {
    bindings: { TEXT: 'some text' },
    kvNamespaces: { KV: 'kv' },
    d1Databases: { DB: 'db' },
    r2Buckets: { BUCKET: 'bucket' },
    ratelimits: { RATE_LIMIT: { namespace_id: '1', simple: { limit: 3, period: 60 } } },
  })
  url = String(await miniflare.ready).replace(/\/$/, '')
})
afterAll(() => miniflare?.dispose())

async function remembered(): Promise<Record<string, number>> {
  return (await (await fetch(`${url}/remembered`)).json()) as Record<string, number>
}

async function until(check: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await check()) return
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  throw new Error('Expected it to become true within 3 s')
}

describe('worker() routes', () => {
  test('paths, parameters and queries', async () => {
    expect(await (await fetch(`${url}/`)).text()).toBe('hello')
    expect(await (await fetch(`${url}/item/7?q=%C3%A9`)).json()).toEqual({ id: '7', query: 'é' })
    expect((await fetch(`${url}/item/x`)).status).toBe(404)
    const refused = await fetch(`${url}/item/7`, { method: 'DELETE' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  test('HEAD, with the length of the body and without the body', async () => {
    for (const [path, length] of [
      ['/', '5'],
      ['/sized', '11'],
    ]) {
      const response = await fetch(`${url}${path}`, { method: 'HEAD' })
      expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
        200,
        length,
        '',
      ])
    }
  })

  test('bindings and variables to ctx.platform.env', async () => {
    expect(await (await fetch(`${url}/env`)).json()).toEqual({ text: 'some text', runtime: 'workers' })
  })
})

describe('worker() answers', () => {
  test('two cookies as two fields, and reads those of the request', async () => {
    const response = await fetch(`${url}/cookies`, { headers: { cookie: 'given=yes' } })
    expect(await response.text()).toBe('yes')
    expect(response.headers.getSetCookie()).toHaveLength(2)
  })

  test('an error with problem details, without its message or stack', async () => {
    const response = await fetch(`${url}/throw`)
    expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json'])
    expect(await response.text()).not.toMatch(/secret|worker\.mjs/)
  })

  test('the client that the edge tells of', async () => {
    const client = (await (await fetch(`${url}/raw-peer`)).json()) as object
    expect(client).toMatchObject({ address: '127.0.0.1', port: 0, encrypted: false, protocol: 'HTTP/1.1' })
  })
})

describe('worker() streams', () => {
  test('a body up and down, while it is being sent', async () => {
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    let seen = ''
    socket.on('data', (chunk: Buffer) => void (seen += chunk.toString()))
    socket.write(
      'POST /echo HTTP/1.1\r\nhost: x.test\r\ntransfer-encoding: chunked\r\naccept-encoding: identity\r\n\r\n',
    )
    socket.write('5\r\nfirst\r\n')
    await until(async () => seen.includes('first'))
    expect(seen).not.toContain('second')
    socket.write('6\r\nsecond\r\n0\r\n\r\n')
    await until(async () => seen.includes('second'))
    socket.destroy()
  })

  test('a large body back, byte by byte', async () => {
    const bytes = new Uint8Array(3_000_000).map((_, index) => (index * 31) % 251)
    const response = await fetch(`${url}/echo`, { method: 'POST', body: bytes })
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
  })

  test('with the length that the handler announced', async () => {
    const response = await fetch(`${url}/sized`, { headers: { 'accept-encoding': 'identity' } })
    expect([response.headers.get('content-length'), await response.text()]).toEqual(['11', 'hello world'])
  })

  test('what is compressed already as it is', async () => {
    const response = await fetch(`${url}/gzip`, { headers: { 'accept-encoding': 'gzip' } })
    expect(await response.text()).toBe('zipped text')
  })

  test('no further when the client goes away', async () => {
    const before = await remembered()
    const abort = new AbortController()
    const headers = { 'accept-encoding': 'identity' }
    const response = await fetch(`${url}/endless`, { signal: abort.signal, headers })
    await response.body?.getReader().read()
    abort.abort()
    await expect
      .poll(async () => (await remembered())['cancelled'], { timeout: 3000 })
      .toBe((before['cancelled'] ?? 0) + 1)
  })

  test('refuses a body above its bound with 413, and reads JSON', async () => {
    const headers = { 'content-type': 'application/json' }
    const read = await fetch(`${url}/json`, { method: 'POST', headers, body: '{"a":[1]}' })
    expect(await read.json()).toEqual({ a: [1] })
    const body = JSON.stringify('x'.repeat(1_100_000))
    const refused = await fetch(`${url}/json`, { method: 'POST', headers, body })
    expect(refused.status).toBe(413)
  })
})

describe('worker() waitUntil', () => {
  test('lets work go on after the response, and survives work that fails', async () => {
    const before = (await remembered())['works'] ?? 0
    const began = Date.now()
    expect(await (await fetch(`${url}/later`)).text()).toBe('before')
    expect(Date.now() - began).toBeLessThan(390)
    expect((await remembered())['works']).toBe(before)
    await until(async () => (await remembered())['works'] === before + 1)
  })
})

describe('worker() stores', () => {
  test('are chosen by the names of their bindings', async () => {
    expect(await (await fetch(`${url}/stores`)).json()).toEqual([
      { role: 'sql', store: 'd1', source: 'binding DB', location: 'DB', volatile: false },
      { role: 'keyValue', store: 'workers-kv', source: 'binding KV', location: 'KV', volatile: false },
      { role: 'objects', store: 'r2', source: 'binding BUCKET', location: 'BUCKET', volatile: false },
    ])
  })

  test('D1 runs a batch wholly or not at all, for many requests at once', async () => {
    const words = ['a', 'b', 'c', 'd', 'e']
    const answers = await Promise.all(words.map((word) => fetch(`${url}/d1/${word}`)))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
    // The second of the two is there already: neither is written.
    expect((await fetch(`${url}/d1/a`)).status).toBe(500)
    const rows = (await (await fetch(`${url}/d1/f`)).json()) as { word: string }[]
    expect(rows.map(({ word }) => word).join(' ')).toBe('a a! b b! c c! d d! e e! f f!')
  })

  test('KV keeps values', async () => {
    expect(await (await fetch(`${url}/kv`)).text()).toBe('value')
  })

  test('R2 keeps objects, and serves ranges of them', async () => {
    const response = await fetch(`${url}/r2`, { headers: { range: 'bytes=5-5' } })
    expect([response.status, await response.text()]).toEqual([206, 'a'])
  })
})

describe('bindingsOf()', () => {
  test('gives the rate limit that is bound', async () => {
    const statuses: number[] = []
    for (let tries = 0; tries < 4; tries++) statuses.push((await fetch(`${url}/limit`)).status)
    expect(statuses).toEqual([200, 200, 200, 429])
  })
})
