import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Miniflare } from 'miniflare'
import { openWorker } from './miniflare.ts'

const program = `
import { assetObjects, worker } from '../../../adapters/cloudflare/index.ts'
import { createApp, staticFiles } from '../../../src/index.ts'
import { runConformanceCase } from '../../../src/conformance/index.ts'
import { objectStoreSuite } from '../../../src/conformance/object.ts'
export default worker((env) => {
  const assets = assetObjects(env.ASSETS)
  return createApp()
    .get('/files/*path', staticFiles(assets))
    .get('/kinds', () => {
      try { return assetObjects(env.TEXT) } catch (error) { return { code: error.code, message: error.message } }
    })
    .get('/suite', async () => {
      const outcomes = []
      for (const each of objectStoreSuite.cases) {
        const store = assetObjects(env.ASSETS)
        const outcome = await runConformanceCase(each, { store }, store.capabilities).catch((error) => ({ kind: error.message }))
        outcomes.push([each.name, outcome.kind])
      }
      return outcomes
    })
})`

let folder: string
let miniflare: Miniflare

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rockstar-assets-'))
  await mkdir(join(folder, 'größe'))
  await writeFile(join(folder, 'style.css'), 'a{}')
  await writeFile(join(folder, 'index.html'), '<p>')
  await writeFile(join(folder, 'größe', 'a b.txt'), 'hello world')
  miniflare = await openWorker(program, {
    bindings: { TEXT: 'text' },
    assets: {
      directory: folder,
      binding: 'ASSETS',
      routerConfig: { has_user_worker: true, invoke_user_worker_ahead_of_assets: true },
      assetConfig: { html_handling: 'none' },
    },
  })
})
afterAll(async () => {
  await miniflare?.dispose()
  await rm(folder, { recursive: true })
})

describe('assetObjects()', () => {
  test('serves files with their types, tags and ranges', async () => {
    const style = await miniflare.dispatchFetch('http://x.test/files/style.css')
    expect([style.status, style.headers.get('content-type'), await style.text()]).toEqual([
      200,
      'text/css; charset=utf-8',
      'a{}',
    ])
    const headers = { 'if-none-match': style.headers.get('etag') ?? '' }
    expect((await miniflare.dispatchFetch('http://x.test/files/style.css', { headers })).status).toBe(304)
    const part = await miniflare.dispatchFetch('http://x.test/files/gr%C3%B6%C3%9Fe/a%20b.txt', {
      headers: { range: 'bytes=6-' },
    })
    expect([part.status, await part.text()]).toEqual([206, 'world'])
  })

  test('has pages by the names of their files, and nothing that is not there', async () => {
    const page = await miniflare.dispatchFetch('http://x.test/files/index.html')
    expect([page.status, await page.text()]).toEqual([200, '<p>'])
    for (const path of ['none.txt', 'index', 'gr%C3%B6%C3%9Fe', '..%2fstyle.css']) {
      expect((await miniflare.dispatchFetch(`http://x.test/files/${path}`)).status).toBe(404)
    }
  })

  test('behaves as an object store that can only read', async () => {
    const response = await miniflare.dispatchFetch('http://x.test/suite')
    const outcomes = (await response.json()) as [string, string][]
    expect(outcomes.length).toBeGreaterThan(20)
    expect(outcomes.filter(([, kind]) => !['passed', 'refused', 'skipped'].includes(kind))).toEqual([])
  })

  test('refuses a binding that is something else', async () => {
    const response = await miniflare.dispatchFetch('http://x.test/kinds')
    expect(await response.json()).toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('got one of the kind variable'),
    })
  })
})
