import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeListening } from './listening.ts'
import { run } from './program.ts'
import type { DenoFixture } from './runtime.ts'
import { denoFixture, denoPath, onlyNet } from './runtime.ts'

describe('serve() on Deno', () => {
  let fixture: DenoFixture
  beforeAll(async () => {
    fixture = await denoFixture()
  })
  afterAll(() => fixture.remove())
  const flags = (): string[] => [
    `--allow-net=127.0.0.1,unix:${resolve(fixture.path, 'app.sock')}`,
    `--allow-read=${fixture.path}`,
    `--allow-write=${fixture.path}`,
  ]

  describeListening({
    start: (options, env) => fixture.start(options, env, flags()),
    run: (options, env) => fixture.run(options, flags(), env),
    folder: () => fixture.path,
    http2: {},
    protocols: ['HTTP/1.1', 'HTTP/2'],
  })

  it('takes the port of the environment where that may be read', async () => {
    await using program = await fixture.start({ port: undefined }, { PORT: '0' }, [
      ...onlyNet,
      '--allow-env=PORT',
    ])
    expect(new URL(program.url).port).not.toBe('3000')
    await using wrong = fixture.run({}, [...onlyNet, '--allow-env=PORT'], { PORT: 'many' })
    expect(await wrong.ended()).toBe(2)
    expect(wrong.said()).toContain("in the environment's PORT, got many")
  })

  it('reports an address that it may not listen on', async () => {
    await using program = fixture.run({ port: 0 }, ['--allow-net=127.0.0.1:1'])
    expect(await program.ended()).toBe(2)
    expect(program.said()).toContain('refused Expected to listen on 127.0.0.1:0: ')
    expect(program.said()).toContain('--allow-net')
  })
})

describe('permissions on Deno', () => {
  let fixture: DenoFixture
  beforeAll(async () => {
    fixture = await denoFixture()
  })
  afterAll(() => fixture.remove())

  it('needs the permission for its address and port, and no other', async () => {
    await using program = await fixture.start({ port: 47_311 }, {}, ['--allow-net=127.0.0.1:47311'])
    expect(await (await fetch(`${program.url}/`)).text()).toBe('Hello, World!')
    expect((await fetch(`${program.url}/peer`)).status).toBe(200)
    program.kill('SIGTERM')
    expect(await program.ended()).toBe(0)
  })

  it('shows the variables that may be read, and no others', async () => {
    const env = { SHOWN: 'yes', HIDDEN: 'secret' }
    await using some = await fixture.start({}, env, [...onlyNet, '--allow-env=SHOWN'])
    expect(await valueOf(some.url, 'SHOWN')).toBe('yes')
    expect(await valueOf(some.url, 'HIDDEN')).toBe(null)
    await using all = await fixture.start({}, env, [...onlyNet, '--allow-env'])
    expect(await valueOf(all.url, 'HIDDEN')).toBe('secret')
    await using none = await fixture.start({}, env)
    expect(await valueOf(none.url, 'SHOWN')).toBe(null)
  })
})

async function valueOf(url: string, name: string): Promise<unknown> {
  return (await (await fetch(`${url}/env/${name}`)).json()).value
}

describe('handler() on Deno', () => {
  it('is what deno serve runs', async () => {
    const fixture = await denoFixture('test/adapters/deno/handler-fixture.ts')
    await using program = run([
      denoPath(),
      'serve',
      '--no-prompt',
      '--host=127.0.0.1',
      '--port=47312',
      `${fixture.path}/handler-fixture.mjs`,
    ])
    await expect
      .poll(() => fetch('http://127.0.0.1:47312/').then((response) => response.text(), String), {
        timeout: 5000,
      })
      .toBe('Hello, World!')
    const peer = await (await fetch('http://127.0.0.1:47312/peer')).json()
    expect(peer).toMatchObject({ address: '127.0.0.1', protocol: 'HTTP/1.1' })
    await (await fetch('http://127.0.0.1:47312/after/text')).text()
    expect(await program.line(/after text: (not aborted|aborted)/)).toBe('not aborted')
    fixture.remove()
  })
})
