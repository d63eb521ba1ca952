import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DenoFixture } from './runtime.ts'
import { denoFixture } from './runtime.ts'
import { describeStores } from './stores.ts'

const allowed = ['--allow-net', '--allow-env', '--allow-sys', '--allow-read', '--allow-write']

describe('stores on Deno', () => {
  let fixture: DenoFixture
  beforeAll(async () => {
    fixture = await denoFixture()
  })
  afterAll(() => fixture.remove())

  describeStores({
    start: (env) => fixture.start({}, env, allowed),
    run: (env) => fixture.run({ port: 0 }, allowed, env),
    folder: () => fixture.path,
  })

  it('tells all permissions at once that a database file needs', async () => {
    await using program = await fixture.start({})
    expect((await fetch(`${program.url}/db`)).status).toBe(503)
    await program.line(/run Deno with (--allow-read --allow-write)/)
  })

  it('has Deno KV with its flag', async () => {
    await using program = await fixture.start({}, { HOME: fixture.path, DENO_DIR: fixture.path }, [
      ...allowed,
      '--unstable-kv',
    ])
    expect(await (await fetch(`${program.url}/stores`)).json()).toContainEqual({
      role: 'keyValue',
      store: 'deno-kv',
      source: 'default',
      location: 'Deno KV',
      volatile: false,
    })
    const key = String(Date.now())
    expect(await (await fetch(`${program.url}/count/${key}`)).json()).toEqual({ value: 1 })
    expect(await (await fetch(`${program.url}/count/${key}`)).json()).toEqual({ value: 2 })
  })
})
