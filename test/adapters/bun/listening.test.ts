import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeListening } from '../deno/listening.ts'
import { run } from '../deno/program.ts'
import { half } from '../deno/suite.ts'
import type { BunFixture } from './runtime.ts'
import { bunFixture } from './runtime.ts'

describe('serve() on Bun', () => {
  let fixture: BunFixture
  beforeAll(async () => {
    fixture = await bunFixture()
  })
  afterAll(() => fixture.remove())

  describeListening({
    start: (options, env) => fixture.start(options, env),
    run: (options, env) => fixture.run(options, env),
    folder: () => fixture.path,
    http2: { http2: true },
    protocols: ['HTTP', 'HTTP'],
  })

  it('takes the port of the environment', async () => {
    await using wrong = fixture.run({}, { PORT: 'many' })
    expect(await wrong.ended()).toBe(2)
    expect(wrong.said()).toContain("in the environment's PORT, got many")
  })

  it('refuses limits out of range, and HTTP/2 and 3 without TLS', async () => {
    await using program = fixture.run({
      idleMs: 300_000,
      maxBodyBytes: 0,
      maxMessageBytes: 2 ** 31,
      http2: true,
      http3: true,
    })
    expect(await program.ended()).toBe(2)
    expect(program.said()).toContain('idleMs: expected a whole number from 0 to 255000, got 300000')
    expect(program.said()).toContain('maxBodyBytes: expected a whole number from 1 to')
    expect(program.said()).toContain('maxMessageBytes: expected a whole number from 1 to 2147483647')
    expect(program.said()).toContain('http2: expected only together with tls')
    expect(program.said()).toContain('http3: expected only together with tls')
  })

  it('answers a body over its own bound with 413, whether it is announced or not', async () => {
    await using program = await fixture.start({ maxBodyBytes: 10_000 })
    const send = (body: BodyInit): Promise<Response> =>
      fetch(`${program.url}/length`, { method: 'POST', body, ...half })
    expect((await send('x'.repeat(10_000))).status).toBe(200)
    expect((await send('x'.repeat(10_001))).status).toBe(413)
    expect((await send(new Blob(['x'.repeat(50_000)]).stream())).status).toBe(413)
  })

  it('closes a connection that stands still longer than its bound', async () => {
    await using program = await fixture.start({ idleMs: 1000 })
    await expect(fetch(`${program.url}/slow/8000`)).rejects.toThrow()
  })

  it('refuses a WebSocket that takes longer messages than the server', async () => {
    await using program = await fixture.start({ maxMessageBytes: 999 })
    const response = await fetch(`${program.url}/ws`)
    expect(response.status).toBe(500)
    await program.line(/(raise maxMessageBytes of serve)/)
  })
})

describe('handler() on Bun', () => {
  it('is what Bun serves as a default export', async () => {
    const fixture = await bunFixture('test/adapters/bun/handler-fixture.ts')
    await using program = run(['node_modules/.bin/bun', `${fixture.path}/handler-fixture.mjs`], {
      PORT: '47313',
    })
    await expect
      .poll(() => fetch('http://127.0.0.1:47313/').then((response) => response.text(), String), {
        timeout: 5000,
      })
      .toBe('Hello, World!')
    expect(await (await fetch('http://127.0.0.1:47313/peer')).json()).toMatchObject({ address: '127.0.0.1' })
    expect(await (await fetch('http://127.0.0.1:47313/boom')).text()).not.toContain('secret')
    expect(program.said()).not.toContain('stack trace')
    fixture.remove()
  })
})
