import { describe, expect, it } from 'vitest'
import type { NodePlatform } from '../../../adapters/node/platform.ts'
import { createNodePlatform } from '../../../adapters/node/platform.ts'
import type { DiagnosticEvent } from '../../../src/diagnostics/contract.ts'
import { makeRequest } from './ours.ts'

function make(events: DiagnosticEvent[] = []): NodePlatform {
  return createNodePlatform({ stores: { choices: [] }, log: (event) => void events.push(event) })
}

describe('platform.idle()', () => {
  it('waits for work, and for the work that it hands over', async () => {
    const platform = make()
    const done: string[] = []
    const first = Promise.withResolvers<void>()
    platform.waitUntil(
      first.promise.then(() => {
        done.push('first')
        platform.waitUntil(Promise.resolve().then(() => done.push('second')))
      }),
    )
    const idle = platform.idle(10_000)
    first.resolve()
    await idle
    expect(done).toEqual(['first', 'second'])
  })

  it('gives up after its bound', async () => {
    const platform = make()
    platform.waitUntil(new Promise(() => undefined))
    await expect(platform.idle(1)).resolves.toBeUndefined()
  })
})

describe('platform.waitUntil()', () => {
  it('logs work that fails', async () => {
    const events: DiagnosticEvent[] = []
    const platform = make(events)
    platform.waitUntil(Promise.reject(new Error('later')))
    await platform.idle(1000)
    expect(events.map(({ kind, level }) => [kind, level])).toEqual([['work.failed', 'error']])
  })
})

describe('platform.readBody()', () => {
  it('reads a native request within the bound', async () => {
    const request = new Request('http://a.test', { method: 'POST', body: 'abc' })
    expect(await make().readBody(request, 3)).toEqual(new Uint8Array([97, 98, 99]))
  })

  it('refuses a native request over the bound', async () => {
    const request = new Request('http://a.test', { method: 'POST', body: 'abcd' })
    await expect(make().readBody(request, 3)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' })
  })

  it('refuses a request of ours whose stream somebody reads', async () => {
    const request = makeRequest({ method: 'POST', body: 'abc' })
    request.body?.getReader()
    await expect(make().readBody(request, 3)).rejects.toMatchObject({ code: 'BODY_USED' })
  })
})

it('platform.peer() and earlyHints() of a request that came on no connection', () => {
  const request = new Request('http://a.test')
  expect([make().peer(request), make().earlyHints(request, ['</a>'])]).toEqual([null, false])
})
