import { describe, expect, test } from 'vitest'
import { batteries, createApp, memoryObjects } from '../../src/index.ts'
import { createTestPlatform, testApp } from '../../src/testing/index.ts'

const secret = 'b3f1c0a95e7d4286a1c4e8f70d9b2635'

describe('ctx.cookies', () => {
  test('are secure, except on plain HTTP to this machine', async () => {
    const app = createApp().get('/', (ctx) => {
      ctx.cookies.set('a', '1')
      return null
    })
    const at = async (url: string): Promise<string[]> =>
      (await app.fetch(new Request(url), createTestPlatform())).headers.getSetCookie()
    expect(await at('http://localhost/')).toEqual(['a=1; Path=/; HttpOnly; SameSite=Lax'])
    expect(await at('https://example.com/')).toEqual(['a=1; Path=/; HttpOnly; Secure; SameSite=Lax'])
    expect(await at('http://example.com/')).toEqual(['a=1; Path=/; HttpOnly; Secure; SameSite=Lax'])
  })

  test('signed and sealed, come back, and not when they were touched', async () => {
    const app = createApp({ secrets: [secret] })
      .get('/set', async (ctx) => {
        await ctx.cookies.setSigned('signed', 'Ada')
        await ctx.cookies.setSealed('sealed', 'secret')
        return null
      })
      .get('/get', async (ctx) => [
        await ctx.cookies.getSigned('signed'),
        await ctx.cookies.getSealed('sealed'),
      ])
    await using tested = await testApp(app)
    await tested.fetch('/set')
    expect(tested.cookies.get('sealed')).not.toContain('secret')
    expect(await (await tested.fetch('/get')).json()).toEqual(['Ada', 'secret'])
    const cookie = `signed=${tested.cookies.get('sealed')}; sealed=${tested.cookies.get('signed')}`
    expect(await (await tested.fetch('/get', { headers: { cookie } })).json()).toEqual([null, null])
  })

  test('set before a failure still reach the client', async () => {
    const app = createApp().get('/', (ctx) => {
      ctx.cookies.set('a', '1')
      throw new Error('late')
    })
    await using tested = await testApp(app)
    const response = await tested.fetch('/')
    expect([response.status, response.headers.getSetCookie()]).toEqual([
      500,
      ['a=1; Path=/; HttpOnly; SameSite=Lax'],
    ])
  })

  test('signed without secrets say what to set', async () => {
    const app = createApp().get('/', (ctx) => ctx.cookies.setSigned('a', '1').then(() => null))
    await using tested = await testApp(app)
    expect((await tested.fetch('/')).status).toBe(500)
    expect(tested.platform.logged[0]?.message).toContain('set the option secrets')
  })
})

describe('ctx.client and ctx.url', () => {
  const headers = {
    'x-forwarded-for': '203.0.113.7, 10.0.0.2',
    'x-forwarded-proto': 'https, https',
    'x-forwarded-host': 'shop.example, shop.example',
  }
  const app = (trustProxies: string[]) =>
    createApp({ trustProxies }).get('/p', (ctx) => [ctx.client, ctx.url.href])

  test('believe a trusted proxy', async () => {
    await using tested = await testApp(app(['private']), { peer: { address: '10.0.0.1' } })
    expect(await (await tested.fetch('/p?q=1', { headers })).json()).toEqual([
      { address: '203.0.113.7', scheme: 'https', host: 'shop.example' },
      'https://shop.example/p?q=1',
    ])
  })

  test('believe nobody else', async () => {
    await using tested = await testApp(app(['private']), { peer: { address: '198.51.100.9' } })
    expect(await (await tested.fetch('/p', { headers })).json()).toEqual([
      { address: '198.51.100.9', scheme: 'http', host: 'localhost' },
      'http://localhost/p',
    ])
  })

  test('list every mistake in the trusted proxies', () => {
    expect(() => createApp({ trustProxies: ['10.0.0.0/99', 'nonsense'] })).toThrow(
      /10\.0\.0\.0\/99(.|\n)*nonsense/,
    )
  })
})

describe('the other batteries', () => {
  test('accepts chooses among offers', async () => {
    const app = createApp().get('/', (ctx) => [
      ctx.accepts.mediaType('text/html', 'application/json'),
      ctx.accepts.language('en', 'de'),
      ctx.accepts.encoding('br', 'gzip'),
    ])
    await using tested = await testApp(app)
    const headers = {
      accept: 'application/json, text/html;q=0.5',
      'accept-language': 'de-AT, en;q=0.1',
      'accept-encoding': 'gzip',
    }
    expect(await (await tested.fetch('/', { headers })).json()).toEqual(['application/json', 'de', 'gzip'])
  })

  test('timing becomes Server-Timing', async () => {
    const app = createApp().get('/', (ctx) => {
      ctx.timing.add('db', 12.3456, 'the "database"')
      ctx.timing.start('render')()
      return null
    })
    await using tested = await testApp(app)
    expect((await tested.fetch('/')).headers.get('server-timing')).toBe(
      'db;desc="the database";dur=12.346, render;dur=0',
    )
  })

  test('file answers with a file of a store', async () => {
    const store = memoryObjects()
    await store.put('report.txt', new TextEncoder().encode('numbers'))
    const app = createApp().get('/report', (ctx) =>
      ctx.file(store, 'report.txt', { downloadName: 'Bericht ü.txt' }),
    )
    await using tested = await testApp(app)
    const response = await tested.fetch('/report', { headers: { range: 'bytes=0-2' } })
    expect([response.status, await response.text()]).toEqual([206, 'num'])
    expect(response.headers.get('content-disposition')).toContain("filename*=UTF-8''Bericht%20%C3%BC.txt")
  })

  test('multipart gives the parts as they come', async () => {
    const app = createApp().post('/', async (ctx) => {
      const parts: unknown[] = []
      for await (const part of ctx.multipart()) parts.push([part.name, part.fileName, await part.text()])
      return parts
    })
    const form = new FormData()
    form.set('title', 'x')
    form.set('file', new File(['content'], 'a.txt'))
    await using tested = await testApp(app)
    expect(await (await tested.fetch('/', { method: 'POST', body: form })).json()).toEqual([
      ['title', null, 'x'],
      ['file', 'a.txt', 'content'],
    ])
  })

  test('local has the budget that was set', async () => {
    const app = createApp({ localBytes: 10 }).get('/', (ctx) => {
      ctx.local.set('a', 'x'.repeat(6))
      return null
    })
    await using tested = await testApp(app)
    expect((await tested.fetch('/')).status).toBe(500)
  })

  test('db without a database says what to do', async () => {
    const app = createApp().get('/', (ctx) => ctx.db.query('select 1'))
    await using tested = await testApp(app)
    expect((await tested.fetch('/')).status).toBe(500)
    expect(tested.platform.logged.at(-1)?.message).toContain('set DATABASE_URL')
  })

  test('a table of one’s own stands beside them', async () => {
    const app = createApp({ services: { ...batteries(), answer: () => 42 } }).get('/', (ctx) => [
      ctx.answer,
      ctx.query.get('q'),
    ])
    await using tested = await testApp(app)
    expect(await (await tested.fetch('/?q=x')).json()).toEqual([42, 'x'])
  })
})
