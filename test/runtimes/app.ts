import type { App, Batteries, CollectedForm, Middleware } from 'rockstar-web'
import { collectForm, createApp, HttpError, memoryObjects, sql, staticFiles } from 'rockstar-web'
import type { EventStream } from 'rockstar-web/realtime'
import { eventStream } from 'rockstar-web/realtime'

const limits = { bodyBytes: 64 * 1024 }
const secrets = ['0123456789abcdef0123456789abcdef0123456789']

/** What the black-box suite asks for. The same on every runtime; it knows none of them. */
export function createFixtureApp(): App<Batteries> {
  const counts = new Map<string, number>()
  const add = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)
  const files = memoryObjects()
  return createApp({ limits, secrets })
    .onStart(async () => {
      await files.put('hello.txt', 'Hello, file!')
      await files.put('app.css', 'a{}')
    })
    .use(async (ctx, next) => {
      ctx.header('x-app', 'fixture')
      return next()
    })
    .get('/', (ctx) => ctx.text('Hello, World!'))
    .get('/json', () => ({ a: 1, b: 'ü', list: [1, null] }))
    .get('/none', () => null)
    .get('/users/:id(int)/:tab?', (ctx) => ({ ...ctx.params, q: ctx.query.get('q') }))
    .get('/names/:name', (ctx) => ({ name: ctx.params.name, path: ctx.path }))
    .get('/rest/*path', (ctx) => ctx.params.path)
    .put('/users/:id(int)/:tab?', () => null)
    .get('/url', (ctx) => ({ host: ctx.url.host, search: ctx.url.search, scheme: ctx.url.protocol }))
    .get('/client', (ctx) => ({ address: ctx.client.address }))
    .get('/headers', (ctx) => ({ one: ctx.headers.get('x-one'), many: ctx.headers.get('x-many') }))
    .get('/fields', (ctx) =>
      ctx
        .header('x-a', '1')
        .header('x-b', 'b1')
        .header('vary', 'accept')
        .header('vary', 'origin', { append: true })
        .text('ok'),
    )
    .get('/native', () => new Response('native', { status: 203, headers: { 'x-native': 'yes' } }))
    .get('/redirect', (ctx) => ctx.redirect('/json?x=1', { status: 303 }))
    .get('/problem', (ctx) => ctx.problem(418, { detail: 'short', extensions: { pot: 'tea' } }))
    .get('/bytes', () => new Uint8Array([0, 255, 128, 10, 13]))
    .get('/large', () => 'x'.repeat(300_000))
    .get('/throws', () => {
      throw new Error('secret')
    })
    .get('/rejects', async () => {
      throw new Error('secret')
    })
    .get('/refuses', () => {
      throw new HttpError(409, 'BAD_REQUEST', 'Taken', { headers: { 'retry-after': '3' } })
    })
    .get('/nothing', () => undefined as never)
    .post('/json', async (ctx) => ({ got: await ctx.body.json() }))
    .post('/text', (ctx) => ctx.body.text())
    .post('/form', async (ctx) => Object.fromEntries(await ctx.body.form()))
    .post('/bytes', async (ctx) => sum(await ctx.body.bytes()))
    .post('/count', async (ctx) => {
      let chunks = 0
      let bytes = 0
      for await (const chunk of readAll(ctx.request.body)) {
        chunks++
        bytes += chunk.byteLength
      }
      return { isSeveral: chunks > 1, bytes }
    })
    .post('/upload', async (ctx) => describeForm(await collectForm(ctx.multipart())))
    .get('/stream', (ctx) => ctx.stream(lines(5, 40), 'text/plain;charset=UTF-8'))
    .get('/breaks', (ctx) => ctx.stream(breaking(), 'text/plain;charset=UTF-8'))
    .get('/endless', (ctx) => {
      const id = ctx.query.get('id')
      ctx.signal.addEventListener('abort', () => add(`aborted-${id}`))
      return ctx.stream(
        endless(() => add(`ended-${id}`)),
        'text/plain;charset=UTF-8',
      )
    })
    .get('/counts/:name', (ctx) => ({ count: counts.get(ctx.params.name) ?? 0 }))
    .post('/work', (ctx) => {
      ctx.platform.waitUntil(
        new Promise((resolve) => {
          setTimeout(() => {
            add(`work-${ctx.query.get('id')}`)
            resolve(null)
          }, 100)
        }),
      )
      return { taken: true }
    })
    .get('/cookies/set', (ctx) => {
      ctx.cookies.set('plain', 'a b;c', { httpOnly: true })
      ctx.cookies.set('other', 'two', { maxAgeSeconds: 60 })
      return null
    })
    .get('/cookies/sign', async (ctx) => {
      await ctx.cookies.setSigned('signed', 'value')
      return null
    })
    .get('/cookies', async (ctx) => ({
      plain: ctx.cookies.get('plain') ?? null,
      signed: (await ctx.cookies.getSigned('signed')) ?? null,
    }))
    .get('/files/*path', staticFiles(files))
    .post('/db/notes', async (ctx) => {
      const { text } = (await ctx.body.json()) as { text: string }
      await ctx.db.exec('create table if not exists suite_notes (id integer primary key, text text not null)')
      await ctx.db.exec(sql`insert into suite_notes (text) values (${text})`)
      return ctx.db.one(sql`select count(*) as count from suite_notes where text = ${text}`)
    })
    .post('/db/batch', async (ctx) => {
      await ctx.db.exec('create table if not exists suite_unique (name text primary key)')
      const { name } = (await ctx.body.json()) as { name: string }
      const entry = { statement: sql`insert into suite_unique (name) values (${name})` }
      const failed = await ctx.db.batch([entry, entry]).then(
        () => 'no error',
        (error: { code: string }) => error.code,
      )
      const row = await ctx.db.one(sql`select count(*) as count from suite_unique where name = ${name}`)
      return { failed, ...row }
    })
    .host('other.example.com', (host) => host.get('/host', () => 'other'))
    .host(':tenant.example.org', (host) =>
      host.get('/host', (ctx) => `tenant ${Object.values(ctx.params).join()}`),
    )
    .get('/host', () => 'any')
    .ws('/echo/:name', {
      open: (socket) => void socket.send(`welcome ${socket.ctx.params.name}`),
      message(socket, message) {
        if (message === 'close') socket.close(4001, 'enough')
        else socket.send(typeof message === 'string' ? `${socket.ctx.params.name}: ${message}` : message)
      },
    })
    .ws('/rooms/:room', {
      async open(socket) {
        await socket.join(socket.ctx.params.room)
        socket.send('joined')
      },
      message: (socket, message) =>
        socket.broadcast(socket.ctx.params.room, `${socket.ctx.params.room}: ${String(message)}`),
    })
    .ws('/guarded', { middleware: [refuse] }, {})
    .get('/events', (ctx) => eventStream(ctx, (stream) => tick(stream)))
    .mount('/mounted', (request: Request) => new Response(new URL(request.url).pathname))
}

const refuse: Middleware = () => new Response('who are you?', { status: 401 })

/** The events 1 to 3, from the one after the last that the client has seen. */
async function tick(stream: EventStream): Promise<void> {
  for (let number = Number(stream.lastEventId ?? 0) + 1; number <= 3; number++) {
    stream.send({ event: 'tick', data: String(number), id: String(number) })
    await pause(10)
  }
  stream.close()
}

function sum(bytes: Uint8Array): { length: number; sum: number } {
  return { length: bytes.length, sum: bytes.reduce((total, byte) => total + byte, 0) }
}

function describeForm(form: CollectedForm): object {
  return {
    fields: Object.fromEntries(form.fields),
    files: form.files.map(({ name, fileName, bytes }) => ({ name, fileName, length: bytes.length })),
  }
}

async function* readAll(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) yield next.value
}

async function* lines(count: number, ms: number): AsyncGenerator<string> {
  for (let line = 1; line <= count; line++) {
    yield `line ${line}\n`
    await pause(ms)
  }
}

async function* breaking(): AsyncGenerator<string> {
  yield 'begun\n'
  await pause(20)
  throw new Error('broken')
}

async function* endless(onEnd: () => void): AsyncGenerator<string> {
  try {
    for (;;) {
      yield 'tick\n'
      await pause(20)
    }
  } finally {
    onEnd()
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
