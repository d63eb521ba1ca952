import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Miniflare } from 'miniflare'
import { openWorker } from './miniflare.ts'

/** Chooses among the real bindings that a test names, under the names that it gives them. */
const program = `
import { chooseBindings } from '../../../adapters/cloudflare/bindings.ts'
export class Room { async fetch() { return new Response('room') } }
export default {
  async fetch(request, env) {
    const { as, map } = await request.json()
    const bound = Object.fromEntries(Object.entries(as).map(([name, real]) => [name, env[real]]))
    try {
      const chosen = Object.entries(chooseBindings(bound, map))
      return Response.json(Object.fromEntries(chosen.map(([role, found]) => [role, found && found.name + ' ' + found.kind])))
    } catch (error) {
      return Response.json({ code: error.code, message: error.message })
    }
  },
}`

let miniflare: Miniflare

beforeAll(async () => {
  miniflare = await openWorker(program, {
    bindings: { text: 'a secret value', json: { deep: 'a secret value', limit: 3 } },
    d1Databases: { d1: 'one', otherD1: 'two' },
    kvNamespaces: { kv: 'one', otherKv: 'two' },
    r2Buckets: { r2: 'one' },
    durableObjects: { room: 'Room' },
    serviceBindings: { service: () => Response.error() as never },
    ratelimits: { limit: { namespace_id: '1', simple: { limit: 3, period: 60 } } },
    hyperdrives: { hyperdrive: 'postgres://postgres:secret@127.0.0.1:5432/postgres' },
    queueProducers: { queue: 'queue' },
  })
})
afterAll(() => miniflare?.dispose())

async function choose(
  as: Readonly<Record<string, string>>,
  map: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, string | null>> {
  const body = JSON.stringify({ as, map })
  const response = await miniflare.dispatchFetch('http://x.test/', { method: 'POST', body })
  return (await response.json()) as Record<string, string | null>
}

describe('chooseBindings()', () => {
  test('takes bindings by their usual names', async () => {
    const as = {
      DB: 'd1',
      OTHER_DB: 'otherD1',
      CACHE: 'kv',
      OTHER_KV: 'otherKv',
      FILES: 'r2',
      ASSETS: 'service',
      OTHER_SERVICE: 'service',
      RATE_LIMITER: 'limit',
      ROOMS: 'room',
    }
    expect(await choose(as)).toEqual({
      sql: 'DB d1',
      keyValue: 'CACHE kv',
      objects: 'FILES r2',
      assets: 'ASSETS fetcher',
      rateLimit: 'RATE_LIMITER rate-limit',
      rooms: 'ROOMS durable-object',
    })
  })

  test('takes the only one of its kind, but no service for assets and no class for rooms', async () => {
    const as = {
      A: 'd1',
      B: 'kv',
      C: 'r2',
      D: 'service',
      E: 'limit',
      F: 'room',
      G: 'text',
      H: 'queue',
      I: 'json',
    }
    expect(await choose(as)).toEqual({
      sql: 'A d1',
      keyValue: 'B kv',
      objects: 'C r2',
      assets: null,
      rateLimit: 'E rate-limit',
      rooms: null,
    })
  })

  test('takes Hyperdrive for a database', async () => {
    expect(await choose({ HYPERDRIVE: 'hyperdrive' })).toMatchObject({ sql: 'HYPERDRIVE hyperdrive' })
  })

  test('takes what the map names, and nothing where it says null', async () => {
    const as = { DB: 'd1', MAIN: 'otherD1', ONE: 'kv', TWO: 'otherKv', WEB: 'service' }
    const map = { sql: 'MAIN', keyValue: null, assets: 'WEB' }
    expect(await choose(as, map)).toMatchObject({ sql: 'MAIN d1', keyValue: null, assets: 'WEB fetcher' })
  })

  test('takes nothing where nothing is bound', async () => {
    expect(Object.values(await choose({ TEXT: 'text' }))).toEqual([null, null, null, null, null, null])
  })

  test('refuses a name that is not there, and lists what is', async () => {
    expect(await choose({ DB: 'd1', KV: 'kv', TEXT: 'text', JSON: 'json' }, { sql: 'DBB' })).toEqual({
      code: 'OPTIONS_INVALID',
      message: `The bindings of the Worker are wrong:
  sql: expected the binding DBB of the kind D1 database or Hyperdrive, got none of that name
  Bound are DB (D1 database), KV (KV namespace), besides 2 variables`,
    })
  })

  test('refuses a usual name and a named one of the wrong kind', async () => {
    const { code, message } = await choose({ DB: 'kv', BUCKET: 'd1', X: 'room' }, { keyValue: 'X' })
    expect(code).toBe('OPTIONS_INVALID')
    expect(message).toContain(
      'sql: expected DB of the kind D1 database or Hyperdrive, got one of the kind KV namespace',
    )
    expect(message).toContain(
      'objects: expected BUCKET of the kind R2 bucket, got one of the kind D1 database',
    )
    expect(message).toContain(
      'keyValue: expected the binding X of the kind KV namespace, got one of the kind Durable Object namespace',
    )
  })

  test('refuses to guess between several, whatever their names', async () => {
    for (const as of [
      { ONE: 'kv', TWO: 'otherKv' },
      { KV: 'kv', CACHE: 'otherKv' },
    ]) {
      const { message } = await choose(as)
      expect(message).toContain('keyValue: expected one binding of the kind KV namespace, got 2')
      expect(message).toContain('say which by bindings: { keyValue: … }')
    }
    expect((await choose({ DB: 'd1', HYPERDRIVE: 'hyperdrive' }))['message']).toContain(
      'got 2 (DB, HYPERDRIVE)',
    )
  })

  test('refuses a role that does not exist, and a name that every object has', async () => {
    expect((await choose({}, { database: 'DB' }))['message']).toContain(
      'Expected one of the roles sql, keyValue',
    )
    expect((await choose({}, { sql: 'constructor' }))['message']).toContain('got none of that name')
  })

  test('never shows a value', async () => {
    const { message } = await choose({ A: 'text', B: 'json', C: 'hyperdrive' }, { keyValue: 'A' })
    expect(message).not.toMatch(/secret/)
    expect(message).toContain('got one of the kind variable')
  })
})
