import { describe, expect, test } from 'vitest'
import { createApp } from '../../src/app/index.ts'
import type { FileOptions } from '../../src/static/index.ts'
import { sendFile } from '../../src/static/index.ts'
import { memoryObjects } from '../../src/stores/object/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'

async function ask(key: string, options?: FileOptions, init?: RequestInit): Promise<Response> {
  const store = memoryObjects()
  await store.put('report.pdf', 'PDF')
  await store.put('notes.txt', 'plain')
  await store.put('notes.txt.gz', 'gzipped')
  const app = createApp().all('/', (ctx) => sendFile(ctx, store, key, options))
  return app.fetch(new Request('http://localhost/', init), createTestPlatform())
}

describe('sendFile()', () => {
  test('sends an object, for this client alone', async () => {
    const response = await ask('report.pdf')
    expect([response.status, await response.text()]).toEqual([200, 'PDF'])
    expect([response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      'application/pdf',
      'private, no-cache',
    ])
    expect(response.headers.has('content-disposition')).toBe(false)
  })

  test('has the browser save it under a name', async () => {
    const response = await ask('report.pdf', { downloadName: 'Bericht März.pdf' })
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="Bericht M_rz.pdf"; filename*=UTF-8''Bericht%20M%C3%A4rz.pdf`,
    )
  })

  test('has the browser show it under a name', async () => {
    expect((await ask('report.pdf', { inlineName: 'a.pdf' })).headers.get('content-disposition')).toBe(
      'inline; filename="a.pdf"',
    )
  })

  test('takes a media type and a Cache-Control', async () => {
    const response = await ask('report.pdf', { mediaType: 'text/plain', cacheControl: 'no-store' })
    expect([response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      'text/plain',
      'no-store',
    ])
  })

  test('refuses a media type that would end the header', async () => {
    expect((await ask('report.pdf', { mediaType: 'a/b\r\nx: y' })).status).toBe(500)
  })

  test('answers ranges', async () => {
    const response = await ask('report.pdf', {}, { headers: { range: 'bytes=1-' } })
    expect([response.status, await response.text()]).toEqual([206, 'DF'])
  })

  test('sends no other coding unless it is told to', async () => {
    const init = { headers: { 'accept-encoding': 'gzip' } }
    expect(await (await ask('notes.txt', {}, init)).text()).toBe('plain')
    const response = await ask('notes.txt', { precompressed: ['gzip'] }, init)
    expect([await response.text(), response.headers.get('content-encoding')]).toEqual(['gzipped', 'gzip'])
  })

  test.each([['none.txt'], ['../report.pdf'], ['']])('answers 404 for the key %j', async (key) => {
    const response = await ask(key)
    expect([response.status, await response.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'NOT_FOUND' }),
    ])
  })

  test('answers 405 to POST', async () => {
    const response = await ask('report.pdf', {}, { method: 'POST' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})
