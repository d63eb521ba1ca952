import { describe, expect, test } from 'vitest'
import { worker } from '../../../adapters/cloudflare/index.ts'
import type { DiagnosticEvent } from '../../../src/diagnostics/index.ts'
import { createFixture } from './app.ts'

const context = { waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined) }
const request = (path: string): Request => new Request(`https://x.test${path}`)

describe('worker() with more than one env', () => {
  test('makes an app for each from a function, once', async () => {
    let made = 0
    const { fetch } = worker(() => {
      made += 1
      return createFixture()
    })
    const first = { TEXT: 'first' }
    const second = { TEXT: 'second' }
    for (const env of [first, second, first]) {
      const response = await fetch(request('/env'), env, context)
      expect(await response.json()).toMatchObject({ text: env.TEXT })
    }
    expect(made).toBe(2)
  })

  test('refuses a second one for an app that belongs to the first', async () => {
    const logged: DiagnosticEvent[] = []
    const { fetch } = worker(createFixture(), { log: (event) => void logged.push(event) })
    const first = {}
    expect((await fetch(request('/'), first, context)).status).toBe(200)
    expect((await fetch(request('/'), {}, context)).status).toBe(503)
    expect(logged.at(-1)?.message).toContain('Expected one env for one app')
    expect((await fetch(request('/'), first, context)).status).toBe(200)
  })

  test('refuses to be called without bindings', async () => {
    const { fetch } = worker(createFixture(), { log: () => undefined })
    expect((await fetch(request('/'), undefined as never, context)).status).toBe(503)
  })
})

describe('worker() peer', () => {
  test('is what the edge says, and null where it says nothing or no address', async () => {
    const { fetch } = worker(createFixture())
    const env = {}
    const peers: unknown[] = []
    for (const address of ['203.0.113.7', '::ffff:203.0.113.7', '2001:db8::1', 'a proxy', '']) {
      const asked = new Request('https://x.test/raw-peer', { headers: { 'cf-connecting-ip': address } })
      Object.defineProperty(asked, 'cf', { value: { httpProtocol: 'HTTP/3' } })
      const answer: unknown = await (await fetch(asked, env, context)).text()
      peers.push(answer === 'none' ? null : JSON.parse(String(answer)))
    }
    const seen = { port: 0, encrypted: true, protocol: 'HTTP/3' }
    expect(peers).toEqual([
      { address: '203.0.113.7', ...seen },
      { address: '203.0.113.7', ...seen },
      { address: '2001:db8::1', ...seen },
      null,
      null,
    ])
  })
})
