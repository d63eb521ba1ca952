import { expect } from 'vitest'
import { WebSocket } from 'ws'
import type { Client } from './client.ts'

/** One thing that must be alike on every runtime. */
export interface Case {
  /** What it belongs to, for the table. */
  readonly group: string
  readonly name: string
  readonly run: (client: Client) => Promise<void>
}

const text = async (client: Client, path: string): Promise<string> => (await client.ask(path)).text()
const json = async (client: Client, path: string): Promise<unknown> => (await client.ask(path)).json()
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const asJson = { 'content-type': 'application/json' }

async function eventually(check: () => Promise<void>, ms = 5000): Promise<void> {
  const until = Date.now() + ms
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (Date.now() > until) throw error
      await pause(50)
    }
  }
}

async function countOf(client: Client, name: string): Promise<number> {
  const { count } = (await json(client, `/counts/${name}`)) as { count: number }
  return count
}

const routing: readonly Omit<Case, 'group'>[] = [
  {
    name: 'text, with type and length',
    async run(client) {
      const response = await client.ask('/')
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('text/plain;charset=UTF-8')
      expect(response.headers.get('x-app')).toBe('fixture')
      expect(await response.text()).toBe('Hello, World!')
    },
  },
  {
    name: 'a plain value as JSON',
    async run(client) {
      const response = await client.ask('/json')
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await response.json()).toEqual({ a: 1, b: 'ü', list: [1, null] })
    },
  },
  {
    name: 'null as 204 without a body',
    async run(client) {
      const response = await client.ask('/none')
      expect([response.status, await response.text()]).toEqual([204, ''])
    },
  },
  {
    name: 'parameters, optional ones and the query, decoded',
    async run(client) {
      expect(await json(client, '/users/7?q=a%20b%2B&x=1')).toEqual({ id: '7', q: 'a b+' })
      expect(await json(client, '/users/7/posts?q=a+b')).toEqual({ id: '7', tab: 'posts', q: 'a b' })
      expect(await json(client, '/names/J%C3%BCrgen%2Fx')).toEqual({
        name: 'Jürgen/x',
        path: '/names/J%C3%BCrgen%2Fx',
      })
      expect(await text(client, '/rest/a/b%20c/d')).toBe('a/b c/d')
    },
  },
  {
    name: 'the canonical path, whatever was asked',
    async run(client) {
      expect(await text(client, '/rest//a/%62')).toBe('a/b')
      expect(await json(client, '/names/%7Ea')).toEqual({ name: '~a', path: '/names/~a' })
      expect((await client.ask('/json/')).status).toBe(200)
    },
  },
  {
    name: 'a malformed path as 400',
    async run(client) {
      expect((await client.ask('/names/%zz')).status).toBe(400)
      expect((await client.ask('/names/%00')).status).toBe(400)
      expect((await client.ask('/names/%ff')).status).toBe(400)
    },
  },
  {
    name: '404 and 405 as problem details, with Allow',
    async run(client) {
      const none = await client.ask('/nowhere')
      expect([none.status, none.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
      expect(await none.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
      expect((await client.ask('/users/x')).status).toBe(404)
      const wrong = await client.ask('/users/7', { method: 'DELETE' })
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS, PUT'])
    },
  },
  {
    name: 'HEAD and OPTIONS by themselves',
    async run(client) {
      const head = await client.ask('/json', { method: 'HEAD' })
      expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
        200,
        'application/json',
        '',
      ])
      const options = await client.ask('/users/7', { method: 'OPTIONS' })
      expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS, PUT'])
    },
  },
  {
    name: 'routes by host',
    async run(client) {
      const ask = async (host: string): Promise<string> => (await client.ask('/host', { host })).text()
      expect(await ask('other.example.com')).toBe('other')
      expect(await ask('acme.example.org')).toBe('tenant acme')
      expect(await ask('a.b.example.org')).toBe('any')
    },
  },
  {
    name: 'mounted handlers',
    async run(client) {
      expect(await text(client, '/mounted/a/b')).toBe('/a/b')
    },
  },
]

const exchange: readonly Omit<Case, 'group'>[] = [
  {
    name: 'header fields in and out',
    async run(client) {
      const sent = { 'X-One': 'ümlaut'.normalize('NFC').replace('ü', '\u00fc'), 'x-many': 'a, b' }
      expect(await (await client.ask('/headers', { headers: { ...sent, 'X-One': 'one' } })).json()).toEqual({
        one: 'one',
        many: 'a, b',
      })
      const { headers } = await client.ask('/fields')
      expect([headers.get('x-a'), headers.get('x-b'), headers.get('vary')]).toEqual([
        '1',
        'b1',
        'accept, origin',
      ])
    },
  },
  {
    name: 'a native Response',
    async run(client) {
      const response = await client.ask('/native')
      expect([response.status, response.headers.get('x-native'), await response.text()]).toEqual([
        203,
        'yes',
        'native',
      ])
      expect(response.headers.get('x-app')).toBe('fixture')
    },
  },
  {
    name: 'redirects',
    async run(client) {
      const response = await client.ask('/redirect')
      expect([response.status, response.headers.get('location')]).toEqual([303, '/json?x=1'])
    },
  },
  {
    name: 'binary and large bodies out',
    async run(client) {
      const bytes = new Uint8Array(await (await client.ask('/bytes')).arrayBuffer())
      expect([...bytes]).toEqual([0, 255, 128, 10, 13])
      expect((await text(client, '/large')).length).toBe(300_000)
    },
  },
  {
    name: "the request's own URL",
    async run(client) {
      expect(await json(client, '/url?a=b%20c')).toMatchObject({ search: '?a=b%20c' })
    },
  },
  {
    name: "the client's address",
    async run(client) {
      const { address } = (await json(client, '/client')) as { address: string }
      expect(address).toMatch(/^(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]+)$/)
    },
  },
  {
    name: 'cookies set, sent and signed',
    async run(client) {
      const set = await client.ask('/cookies/set')
      const cookies = set.headers.getSetCookie()
      expect(cookies).toHaveLength(2)
      expect(cookies[0]).toMatch(/^plain=a%20b%3Bc;.*HttpOnly/)
      const signed = (await client.ask('/cookies/sign')).headers.getSetCookie()[0]?.split(';')[0] ?? ''
      const cookie = `plain=a%20b%3Bc; ${signed}`
      expect(await (await client.ask('/cookies', { headers: { cookie } })).json()).toEqual({
        plain: 'a b;c',
        signed: 'value',
      })
      const forged = await client.ask('/cookies', { headers: { cookie: `${signed}x` } })
      expect(await forged.json()).toEqual({ plain: null, signed: null })
    },
  },
]

const bodies: readonly Omit<Case, 'group'>[] = [
  {
    name: 'JSON, text, forms and bytes in',
    async run(client) {
      const post = async (
        path: string,
        body: string | Uint8Array<ArrayBuffer>,
        type: string,
      ): Promise<unknown> =>
        (await client.ask(path, { method: 'POST', body, headers: { 'content-type': type } })).json()
      expect(await post('/json', '{"a":[1,"ü"]}', 'application/json')).toEqual({ got: { a: [1, 'ü'] } })
      expect(await post('/form', 'a=1&b=x+y%21', 'application/x-www-form-urlencoded')).toEqual({
        a: '1',
        b: 'x y!',
      })
      const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 256)
      expect(await post('/bytes', bytes, 'application/octet-stream')).toEqual({
        length: 1000,
        sum: bytes.reduce((total, byte) => total + byte, 0),
      })
      const echoed = await client.ask('/text', { method: 'POST', body: 'häßlich' })
      expect(await echoed.text()).toBe('häßlich')
    },
  },
  {
    name: 'no body at all',
    async run(client) {
      const response = await client.ask('/text', { method: 'POST' })
      expect([response.status, await response.text()]).toEqual([200, ''])
    },
  },
  {
    name: 'a body over the limit as 413',
    async run(client) {
      const response = await client.ask('/text', { method: 'POST', body: 'x'.repeat(100_000) })
      expect(response.status).toBe(413)
    },
  },
  {
    name: 'the wrong media type as 415, malformed and poisoned JSON as 400',
    async run(client) {
      const post = async (body: string, type: string): Promise<number> =>
        (await client.ask('/json', { method: 'POST', body, headers: { 'content-type': type } })).status
      expect(await post('{}', 'text/plain')).toBe(415)
      expect(await post('{"a":', 'application/json')).toBe(400)
      expect(await post('{"__proto__":{"a":1}}', 'application/json')).toBe(400)
      expect(await post('['.repeat(50_000), 'application/json')).toBe(400)
    },
  },
  {
    name: 'multipart uploads',
    async run(client) {
      const form = new FormData()
      form.set('title', 'ümläut')
      form.set('file', new File([new Uint8Array(20_000).fill(7)], 'a b.bin'))
      const response = await client.ask('/upload', { method: 'POST', body: form })
      expect(await response.json()).toEqual({
        fields: { title: 'ümläut' },
        files: [{ name: 'file', fileName: 'a b.bin', length: 20_000 }],
      })
    },
  },
]

const streaming: readonly Omit<Case, 'group'>[] = [
  {
    name: 'a response, piece by piece',
    async run(client) {
      const response = await client.ask('/stream')
      const pieces: string[] = []
      for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) pieces.push(piece)
      expect(pieces.join('')).toBe('line 1\nline 2\nline 3\nline 4\nline 5\n')
      expect(pieces.length).toBeGreaterThan(1)
    },
  },
  {
    name: 'a request, piece by piece',
    async run(client) {
      async function* slowly(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < 4; index++) {
          yield new Uint8Array(1000)
          await pause(60)
        }
      }
      const response = await client.ask('/count', { method: 'POST', body: slowly() })
      expect(await response.json()).toEqual({ isSeveral: true, bytes: 4000 })
    },
  },
  {
    name: 'a stream that breaks is no complete answer',
    async run(client) {
      const response = await client.ask('/breaks')
      await expect(response.text()).rejects.toThrow()
    },
  },
  {
    name: 'a client that goes away ends the stream and aborts ctx.signal',
    async run(client) {
      const id = String(Math.random()).slice(2)
      const gone = new AbortController()
      const response = await client.ask(`/endless?id=${id}`, {
        signal: AbortSignal.any([gone.signal, AbortSignal.timeout(3000)]),
      })
      await response.body?.getReader().read()
      gone.abort()
      await eventually(async () => expect(await countOf(client, `ended-${id}`)).toBe(1))
      await eventually(async () => expect(await countOf(client, `aborted-${id}`)).toBe(1))
    },
  },
]

const failures: readonly Omit<Case, 'group'>[] = [
  {
    name: 'an error as 500 that tells nothing',
    async run(client) {
      for (const path of ['/throws', '/rejects', '/nothing']) {
        const response = await client.ask(path)
        const body = await response.text()
        expect([response.status, body.includes('secret')]).toEqual([500, false])
        expect(JSON.parse(body)).toMatchObject({ status: 500 })
      }
    },
  },
  {
    name: 'an HttpError as what it says, and problem details',
    async run(client) {
      const response = await client.ask('/refuses')
      expect([response.status, response.headers.get('retry-after')]).toEqual([409, '3'])
      expect(await response.json()).toMatchObject({ detail: 'Taken' })
      expect(await json(client, '/problem')).toMatchObject({ status: 418, detail: 'short', pot: 'tea' })
    },
  },
]

const services: readonly Omit<Case, 'group'>[] = [
  {
    name: 'waitUntil goes on after the answer',
    async run(client) {
      const id = String(Math.random()).slice(2)
      const response = await client.ask(`/work?id=${id}`, { method: 'POST' })
      expect(await response.json()).toEqual({ taken: true })
      await eventually(async () => expect(await countOf(client, `work-${id}`)).toBe(1))
    },
  },
  {
    name: 'static files, conditions and ranges',
    async run(client) {
      const whole = await client.ask('/files/hello.txt')
      expect([whole.headers.get('content-type'), await whole.text()]).toEqual([
        'text/plain; charset=utf-8',
        'Hello, file!',
      ])
      const etag = whole.headers.get('etag') ?? ''
      expect((await client.ask('/files/hello.txt', { headers: { 'if-none-match': etag } })).status).toBe(304)
      const part = await client.ask('/files/hello.txt', { headers: { range: 'bytes=7-10' } })
      expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
        206,
        'bytes 7-10/12',
        'file',
      ])
      expect((await client.ask('/files/..%2f..%2fetc/passwd')).status).toBe(404)
    },
  },
  {
    name: 'a database',
    async run(client) {
      const note = JSON.stringify({ text: `n${Math.random()}` })
      const post = async (): Promise<unknown> =>
        (await client.ask('/db/notes', { method: 'POST', body: note, headers: asJson })).json()
      expect(await post()).toEqual({ count: 1 })
      expect(await post()).toEqual({ count: 2 })
    },
  },
  {
    name: 'a batch, all or none',
    async run(client) {
      const body = JSON.stringify({ name: `n${Math.random()}` })
      const response = await client.ask('/db/batch', { method: 'POST', body, headers: asJson })
      expect(await response.json()).toEqual({ failed: 'SQL_UNIQUE', count: 0 })
    },
  },
]

const realtime: readonly Omit<Case, 'group'>[] = [
  {
    name: 'WebSocket: text, bytes, parameters and close codes',
    async run(client) {
      const socket = await openSocket(client, '/echo/ann')
      socket.send('hi')
      socket.send(Uint8Array.of(1, 2, 255))
      await eventually(async () => expect(socket.heard).toEqual(['welcome ann', 'ann: hi', 'bytes 1,2,255']))
      socket.send('close')
      await eventually(async () => expect(socket.heard.at(-1)).toBe('closed 4001 enough'))
    },
  },
  {
    name: 'WebSocket: rooms',
    async run(client) {
      const [one, two] = [await openSocket(client, '/rooms/a'), await openSocket(client, '/rooms/a')]
      const other = await openSocket(client, '/rooms/b')
      for (const socket of [one, two, other])
        await eventually(async () => expect(socket.heard).toContain('joined'))
      one.send('all')
      await eventually(async () => expect(two.heard).toContain('a: all'))
      expect(other.heard).not.toContain('a: all')
      for (const socket of [one, two, other]) socket.close()
    },
  },
  {
    name: 'WebSocket: refused before the upgrade, by middleware and by origin',
    async run(client) {
      await expect(openSocket(client, '/guarded')).rejects.toThrow('401')
      await expect(openSocket(client, '/echo/x', 'https://evil.example')).rejects.toThrow('403')
      const plain = await client.ask('/echo/x')
      expect(plain.status).toBe(426)
    },
  },
  {
    name: 'server-sent events, resumed',
    async run(client) {
      const whole = await (await client.ask('/events')).text()
      expect(whole).toContain('id: 3\nevent: tick\ndata: 3\n\n')
      const resumed = await client.ask('/events', { headers: { 'last-event-id': '1' } })
      expect(resumed.headers.get('content-type')).toBe('text/event-stream')
      const rest = await resumed.text()
      expect([rest.includes('data: 1\n'), rest.includes('data: 2\n')]).toEqual([false, true])
    },
  },
]

/** All cases, in the order of the table. */
export const cases: readonly Case[] = Object.entries({
  Routing: routing,
  Exchange: exchange,
  Bodies: bodies,
  Streaming: streaming,
  Failures: failures,
  Services: services,
  Realtime: realtime,
}).flatMap(([group, list]) => list.map((one) => ({ group, ...one })))

/** A WebSocket that gathers what it hears. */
async function openSocket(
  client: Client,
  path: string,
  origin?: string,
): Promise<WebSocket & { readonly heard: string[] }> {
  const options = origin === undefined ? {} : { origin }
  const socket = Object.assign(new WebSocket(`${client.url.replace('http', 'ws')}${path}`, options), {
    heard: [] as string[],
  })
  socket.on('message', (data: Buffer, isBinary) => {
    socket.heard.push(isBinary ? `bytes ${data.join(',')}` : data.toString())
  })
  socket.on('close', (code, reason) => socket.heard.push(`closed ${code} ${reason.toString()}`))
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  return socket
}
