import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Miniflare } from 'miniflare'
import { objectStoreSuite } from '../../src/conformance/object.ts'
import { openWorker } from '../adapters/cloudflare/miniflare.ts'

let miniflare: Miniflare

/** The suite runs where the store lives: inside workerd, each case in an empty bucket. */
const program = `
import { runConformanceCase } from '../../../src/conformance/index.ts'
import { objectStoreSuite } from '../../../src/conformance/object.ts'
import { r2Objects } from '../../../src/stores/r2.ts'
export default {
  async fetch(request, env) {
    const url = new URL(request.url)
    const one = objectStoreSuite.cases.find((each) => each.name === url.searchParams.get('case'))
    for (let page; (page = await env.BUCKET.list()).objects.length > 0;) await env.BUCKET.delete(page.objects.map(({ key }) => key))
    try {
      const store = r2Objects(env.BUCKET)
      return Response.json(await runConformanceCase(one, { store }, store.capabilities))
    } catch (error) {
      return Response.json({ kind: 'failed', message: String(error?.stack ?? error), cause: String(error?.cause?.stack) })
    }
  },
}`

const large = `
import { r2Objects } from '../../../src/stores/r2.ts'
export default {
  async fetch(request, env) {
    const store = r2Objects(env.BUCKET)
    const put = (count, fails) => {
      let left = count
      return store.put('large', new ReadableStream({
        pull(controller) {
          if (left-- > 0) controller.enqueue(new Uint8Array(1024 * 1024).fill(left))
          else if (fails) controller.error(new Error('broken'))
          else controller.close()
        },
      }))
    }
    const info = await put(20)
    const object = await store.get('large')
    const bytes = await object.bytes()
    const failed = await put(20, true).catch((error) => error.message)
    return Response.json([info.sizeBytes, bytes[0], bytes.at(-1), failed, (await store.head('large')).sizeBytes])
  },
}`

beforeAll(async () => {
  miniflare = await openWorker(program, { r2Buckets: { BUCKET: 'bucket' } })
})
afterAll(() => miniflare?.dispose())

describe(`${objectStoreSuite.name} over R2`, () => {
  for (const { name } of objectStoreSuite.cases) {
    it(name, async (context) => {
      const response = await miniflare.dispatchFetch(`http://r2.test/?case=${encodeURIComponent(name)}`)
      const outcome = (await response.json()) as { kind: string; missing?: readonly string[] }
      if (outcome.kind === 'skipped') context.skip(`lacks ${outcome.missing?.join(', ')}`)
      expect(outcome).toMatchObject({ kind: expect.stringMatching(/^(?:passed|refused)$/) })
    })
  }
})

describe('r2Objects()', () => {
  it('writes a stream of 20 MiB in parts, and leaves the old object when one fails', async () => {
    const worker = await openWorker(large, { r2Buckets: { BUCKET: 'large' } })
    try {
      const response = await worker.dispatchFetch('http://r2.test/')
      expect(await response.json()).toEqual([20 * 1024 * 1024, 19, 0, 'broken', 20 * 1024 * 1024])
    } finally {
      await worker.dispose()
    }
  })
})
