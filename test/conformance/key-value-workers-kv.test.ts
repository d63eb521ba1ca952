import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyValueSuite } from '../../src/conformance/key-value.ts'
import { workersKeyValue, type KvNamespaceLike } from '../../src/stores/workers-kv.ts'

let miniflare: Miniflare

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('workers-kv-run.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    write: false,
  })
  const contents = outputFiles[0]?.text ?? ''
  miniflare = new Miniflare({
    workers: [
      {
        config: {
          name: 'main',
          compatibilityDate: '2026-07-01',
          env: { KV: { type: 'kv', id: 'kv' } },
          manifest: {
            mainModule: 'worker.mjs',
            modulesRoot: '/',
            modules: { 'worker.mjs': { type: 'esm', contents } },
          },
        },
      },
    ],
  })
  await miniflare.ready
})

afterAll(() => miniflare.dispose())

describe.each([
  ['Workers KV', 'kv'],
  ['memory', 'memory'],
])(`${keyValueSuite.name} over %s, in workerd`, (_, store) => {
  for (const [index, { name }] of keyValueSuite.cases.entries()) {
    it(name, async (context) => {
      const response = await miniflare.dispatchFetch(`http://localhost/?case=${index}&store=${store}`)
      const outcome = await response.json()
      // The worker answers with a `ConformanceOutcome`, or with what was thrown as its kind.
      const { kind, missing } = outcome as { readonly kind: string; readonly missing: readonly string[] }
      if (kind === 'skipped') context.skip(`lacks ${missing.join(', ')}`)
      expect(kind).toMatch(/^(?:passed|refused)$/)
    })
  }
})

it('workersKeyValue() sends a TTL as whole seconds, rounded up', async () => {
  const namespace = await openNamespace()
  const store = workersKeyValue(namespace)
  await store.set('ttl', 'x', { ttlMs: 90_001 })
  const before = Date.now() / 1000
  const [found] = (await namespace.list({ prefix: 'ttl' })).keys
  const end = found !== undefined && 'expiration' in found ? Number(found.expiration) : 0
  const restSeconds = end - before
  expect(restSeconds).toBeGreaterThan(88)
  expect(restSeconds).toBeLessThanOrEqual(92)
})

it('workersKeyValue() refuses the two names that the namespace cannot have', async () => {
  const store = workersKeyValue(await openNamespace())
  for (const key of ['.', '..']) {
    await expect(store.set(key, 'x')).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
  }
})

/** The binding, through miniflare's proxy into workerd. */
async function openNamespace(): Promise<KvNamespaceLike> {
  const { KV } = await miniflare.getBindings<{ readonly KV: KvNamespaceLike }>()
  return KV
}
