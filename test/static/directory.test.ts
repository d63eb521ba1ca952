import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { directory } from '../../adapters/process/files.ts'
import { createApp } from '../../src/app/index.ts'
import { staticFiles } from '../../src/static/index.ts'
import { createTestPlatform } from '../../src/testing/index.ts'

let base = ''
let root = ''

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'rockstar-static-'))
  root = join(base, 'public')
  await mkdir(join(root, 'docs'), { recursive: true })
  await writeFile(join(base, 'secret.txt'), 'secret')
  await writeFile(join(root, 'a.txt'), 'abc')
  await writeFile(join(root, 'docs', 'index.html'), 'docs')
  await writeFile(join(root, 'large.bin'), Buffer.alloc(2_000_000, 'x'))
  await symlink(join(base, 'secret.txt'), join(root, 'link.txt'))
})

afterAll(() => rm(base, { recursive: true }))

function ask(target: string, init: RequestInit = {}, nowMs = Date.now() + 60_000): Promise<Response> {
  const app = createApp().get('/s/*path', staticFiles(directory(root, { now: () => nowMs })))
  return Promise.resolve(app.fetch(new Request(`http://localhost${target}`, init), createTestPlatform()))
}

async function openDescriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}

describe('staticFiles() over directory()', () => {
  test('sends a file', async () => {
    const response = await ask('/s/a.txt')
    expect([response.status, await response.text(), response.headers.get('content-length')]).toEqual([
      200,
      'abc',
      '3',
    ])
  })

  test('takes a folder for what its index is', async () => {
    expect((await ask('/s/docs')).headers.get('location')).toBe('./docs/')
    expect(await (await ask('/s/docs/')).text()).toBe('docs')
  })

  test.each([
    ['a link out of the root', '/s/link.txt'],
    ['a way up', '/s/../../secret.txt'],
    ['a way up that came encoded', '/s/%2e%2e/%2e%2e/secret.txt'],
    ['a way up with encoded slashes', '/s/..%2f..%2fsecret.txt'],
    ['a way up with backslashes', '/s/..\\..\\secret.txt'],
    ['a way up with encoded backslashes', '/s/..%5c..%5csecret.txt'],
    ['an absolute path', '/s//etc/passwd'],
    ['an absolute path that came encoded', '/s/%2Fetc%2Fpasswd'],
  ])('answers 404 for %s', async (_name, target) => {
    const response = await ask(target)
    expect([response.status, (await response.text()).includes(base)]).toEqual([404, false])
  })

  test('takes a download up again with the tag of the first part', async () => {
    const first = await ask('/s/large.bin', { headers: { range: 'bytes=0-999999' } })
    const etag = first.headers.get('etag') ?? ''
    const rest = await ask('/s/large.bin', { headers: { range: 'bytes=1000000-', 'if-range': etag } })
    expect([first.status, rest.status]).toEqual([206, 206])
    expect((await first.bytes()).byteLength + (await rest.bytes()).byteLength).toBe(2_000_000)
  })

  test('answers 304 for the weak tag that a file had when it was new', async () => {
    const fresh = (await ask('/s/a.txt', {}, Date.now() - 60_000)).headers.get('etag') ?? ''
    expect(fresh).toMatch(/^W\//)
    expect((await ask('/s/a.txt', { headers: { 'if-none-match': fresh } })).status).toBe(304)
  })

  test('breaks the body off when the file shrinks, and closes it', async () => {
    await writeFile(join(root, 'shrinks.bin'), Buffer.alloc(1_000_000))
    const before = await openDescriptors()
    const response = await ask('/s/shrinks.bin')
    const reader = response.body?.getReader()
    await reader?.read()
    await truncate(join(root, 'shrinks.bin'), 10)
    const rest = async (): Promise<void> => {
      while ((await reader?.read())?.done === false) continue
    }
    await expect(rest()).rejects.toMatchObject({ code: 'STORE_CHANGED' })
    expect(await openDescriptors()).toBeLessThanOrEqual(before)
  })

  test('answers 503 when the root is not there', async () => {
    const app = createApp().get('/s/*path', staticFiles(directory(join(base, 'none'))))
    const response = await app.fetch(new Request('http://localhost/s/a.txt'), createTestPlatform())
    expect([response.status, (await response.text()).includes(base)]).toEqual([503, false])
  })

  test('leaks no descriptor in 1,000 aborted downloads', async () => {
    const before = await openDescriptors()
    for (let round = 0; round < 1000; round++) {
      const init = round % 3 === 0 ? { headers: { range: 'bytes=0-99999,200000-299999' } } : {}
      const response = await ask('/s/large.bin', init)
      const reader = response.body?.getReader()
      if (round % 2 === 0) await reader?.read()
      await reader?.cancel()
    }
    expect(await openDescriptors()).toBeLessThanOrEqual(before)
  })

  test('leaks no descriptor when a middleware drops what it got', async () => {
    const before = await openDescriptors()
    const app = createApp()
      .use(async (ctx, next) => {
        const response = await next()
        await response.body?.cancel()
        return ctx.text('instead')
      })
      .get('/s/*path', staticFiles(directory(root)))
    for (let round = 0; round < 100; round++) {
      await app.fetch(new Request('http://localhost/s/large.bin'), createTestPlatform())
    }
    expect(await openDescriptors()).toBeLessThanOrEqual(before)
  })
})
