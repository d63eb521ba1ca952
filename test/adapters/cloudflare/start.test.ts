import { afterEach, describe, expect, test } from 'vitest'
import type { Miniflare } from 'miniflare'
import { openWorker } from './miniflare.ts'

let miniflare: Miniflare | null = null

afterEach(async () => {
  await miniflare?.dispose()
  miniflare = null
})

function programOf(app: string): string {
  return `
import { worker } from '../../../adapters/cloudflare/index.ts'
import { createFixture } from './app.ts'
export default worker(${app})`
}

describe('worker() at start', () => {
  test('makes no I/O, sets no timer and asks for no randomness before the first event', async () => {
    // workerd itself refuses all three at global scope; the stamp shows that the app is made there.
    miniflare = await openWorker(
      `${programOf('createFixture()')}\nif (performance.now() > 0) throw new Error('too late')`,
    )
    expect((await miniflare.dispatchFetch('http://x.test/')).status).toBe(200)
  })

  test('is shared by requests that come at once, and happens once', async () => {
    miniflare = await openWorker(programOf('createFixture(200)'))
    const url = await miniflare.ready
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetch(url)))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(await (await fetch(new URL('/remembered', url))).json()).toMatchObject({ starts: 1 })
  })

  test('goes on when the client whose request began it goes away', async () => {
    // workerd ends what a request began when its caller gives up; a caller that is a Worker does so for certain.
    const front = `export default {
      async fetch(request, env) {
        const abort = new AbortController()
        setTimeout(() => abort.abort(), 100)
        const first = env.MAIN.fetch('http://x.test/', { signal: abort.signal }).catch(() => 'gone')
        await scheduler.wait(50)
        const second = env.MAIN.fetch('http://x.test/')
        return Response.json([await first, (await second).status])
      }
    }`
    miniflare = await openWorker(programOf('createFixture(500)'), {}, front)
    expect(await (await miniflare.dispatchFetch('http://x.test/')).json()).toEqual(['gone', 200])
  })

  test('answers 503 when it fails, and is tried again by the next request', async () => {
    miniflare = await openWorker(programOf('createFixture(0, 2)'))
    const url = await miniflare.ready
    const statuses: number[] = []
    for (let tries = 0; tries < 3; tries++) {
      const response = await fetch(url)
      statuses.push(response.status)
      if (response.status === 503) {
        expect(response.headers.get('retry-after')).toBe('5')
        expect(await response.text()).toBe('The application could not start')
      }
    }
    expect(statuses).toEqual([503, 503, 200])
  })

  test('says what Hyperdrive needs when a database is asked for', async () => {
    const app =
      "createFixture().get('/sql', (ctx) => ctx.platform.stores.sql().catch((error) => ({ code: error.code })))"
    const hyperdrives = { HYPERDRIVE: 'postgres://postgres:secret@127.0.0.1:5432/postgres' }
    miniflare = await openWorker(programOf(app), { hyperdrives })
    const response = await miniflare.dispatchFetch('http://x.test/sql')
    expect(await response.json()).toEqual({ code: 'CAPABILITY_MISSING' })
  })

  test('answers 503 to bindings that are wrong, and logs what is bound', async () => {
    miniflare = await openWorker(programOf('createFixture()'), { kvNamespaces: { DB: 'kv' } })
    const response = await miniflare.dispatchFetch('http://x.test/')
    expect([response.status, await response.text()]).toEqual([503, 'The application could not start'])
  })

  test('works with nodejs_compat, and with a date before it', async () => {
    for (const extras of [{ compatibilityFlags: ['nodejs_compat'] }, { compatibilityDate: '2024-11-01' }]) {
      miniflare = await openWorker(programOf('createFixture(50)'), extras)
      const url = await miniflare.ready
      const answers = await Promise.all(Array.from({ length: 3 }, () => fetch(url)))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
      await miniflare.dispose()
      miniflare = null
    }
  })

  test('makes an app of the bindings when it is given a function', async () => {
    const app = "(env) => createFixture().get('/made', (ctx) => ctx.text(`made with ${env.TEXT}`))"
    miniflare = await openWorker(programOf(app), { bindings: { TEXT: 'this' } })
    expect(await (await miniflare.dispatchFetch('http://x.test/made')).text()).toBe('made with this')
  })
})

describe('worker() with events that are no requests', () => {
  test('starts the app, gives its platform to the handler, and lets its work go on', async () => {
    miniflare = await openWorker(
      `
import { worker } from '../../../adapters/cloudflare/index.ts'
import { createFixture } from './app.ts'
const seen = []
const app = createFixture().get('/seen', () => seen)
export default worker(app, {
  scheduled(event, ctx) {
    seen.push(event.cron, ctx.platform.runtime, ctx.env.TEXT)
    ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 100)).then(() => seen.push('later')))
  },
  queue(batch, ctx) {
    for (const message of batch.messages) { seen.push(batch.queue, message.body, ctx.platform.brand); message.ack() }
  },
})
app.post('/send', async (ctx) => { await ctx.platform.env.QUEUE.send({ a: 1 }); return null })`,
      {
        bindings: { TEXT: 'text' },
        queueProducers: { QUEUE: 'queue' },
        queueConsumers: { queue: { maxBatchTimeout: 0.1 } },
      },
    )
    const sent = await miniflare.dispatchFetch('http://x.test/send', { method: 'POST' })
    expect(sent.status).toBe(204)
    // The type of the entry is that of any service.
    const started = (await miniflare.getWorker()) as unknown as {
      scheduled(options: { readonly cron: string }): Promise<unknown>
    }
    expect(await started.scheduled({ cron: '* * * * *' })).toMatchObject({ outcome: 'ok' })
    await new Promise((resolve) => setTimeout(resolve, 600))
    const seen = (await (await miniflare.dispatchFetch('http://x.test/seen')).json()) as unknown[]
    expect(seen).toEqual(expect.arrayContaining(['* * * * *', 'workers', 'text', 'later']))
    expect(seen).toEqual(expect.arrayContaining(['queue', { a: 1 }, 'rockstar.platform']))
  })
})
