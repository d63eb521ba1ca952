import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { directory } from '../../../adapters/process/files.ts'
import type { ObjectStore } from '../../../src/stores/object/index.ts'

let base = ''
let root = ''

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'rockstar-files-'))
  root = join(base, 'root')
  await mkdir(join(root, 'sub'), { recursive: true })
  await mkdir(join(root, '.git'))
  await mkdir(join(root, '.well-known'))
  await mkdir(join(base, 'root-beside'))
  await writeFile(join(base, 'secret.txt'), 'secret')
  await writeFile(join(base, 'root-beside', 'secret.txt'), 'secret')
  await writeFile(join(root, 'a.txt'), 'abc')
  await writeFile(join(root, 'sub', 'b.txt'), 'b')
  await writeFile(join(root, '.env'), 'secret')
  await writeFile(join(root, '.git', 'config'), 'secret')
  await writeFile(join(root, '.well-known', 'security.txt'), 'contact')
  await writeFile(join(root, 'large.bin'), Buffer.alloc(1_000_000, 'x'))
  await symlink(join(base, 'secret.txt'), join(root, 'link-out.txt'))
  await symlink('../secret.txt', join(root, 'link-up.txt'))
  await symlink(base, join(root, 'folder-out'))
  await symlink(join(base, 'root-beside'), join(root, 'folder-beside'))
  await symlink('a.txt', join(root, 'link-in.txt'))
  await symlink('sub', join(root, 'folder-in'))
  await symlink('.env', join(root, 'link-hidden.txt'))
  await symlink('link-loop.txt', join(root, 'link-loop.txt'))
  await symlink('nowhere', join(root, 'link-dead.txt'))
  execFileSync('mkfifo', [join(root, 'fifo')])
})

afterAll(() => rm(base, { recursive: true }))

async function textOf(store: ObjectStore, key: string): Promise<string | null> {
  const object = await store.get(key)
  return object === null ? null : new TextDecoder().decode(await object.bytes())
}

async function openDescriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length
}

describe('directory() reads', () => {
  test('a file', async () => {
    expect(await textOf(directory(root), 'a.txt')).toBe('abc')
  })

  test('a file in a folder', async () => {
    expect(await textOf(directory(root), 'sub/b.txt')).toBe('b')
  })

  test('from a root that is a URL', async () => {
    expect(await textOf(directory(pathToFileURL(root)), 'a.txt')).toBe('abc')
  })

  test('from a root that is a link', async () => {
    await symlink(root, join(base, 'root-link'))
    expect(await textOf(directory(join(base, 'root-link')), 'a.txt')).toBe('abc')
  })

  test('from the root of the file system', async () => {
    expect(await textOf(directory('/'), join(root, 'a.txt').slice(1))).toBe('abc')
  })

  test('a link that ends within the root', async () => {
    const store = directory(root)
    expect([await textOf(store, 'link-in.txt'), await textOf(store, 'folder-in/b.txt')]).toEqual(['abc', 'b'])
  })

  test('.well-known where it is allowed', async () => {
    const keys = ['.well-known/security.txt', '.env']
    const read = async (dotfiles: 'refuse' | 'well-known' | 'allow'): Promise<(string | null)[]> =>
      Promise.all(keys.map((key) => textOf(directory(root, { dotfiles }), key)))
    expect(await read('refuse')).toEqual([null, null])
    expect(await read('well-known')).toEqual(['contact', null])
    expect(await read('allow')).toEqual(['contact', 'secret'])
  })
})

describe('directory() acts as if there were nothing for', () => {
  test.each([
    ['a folder', 'sub'],
    ['a file below a file', 'a.txt/b'],
    ['a hidden file', '.env'],
    ['a file in a hidden folder', '.git/config'],
    ['a link out of the root, absolute', 'link-out.txt'],
    ['a link out of the root, relative', 'link-up.txt'],
    ['a file behind a folder that leads out', 'folder-out/secret.txt'],
    ['a way out of the root and back in', 'folder-out/root/.env'],
    ['a folder beside the root whose name begins like it', 'folder-beside/secret.txt'],
    ['a link to a hidden file', 'link-hidden.txt'],
    ['a link to itself', 'link-loop.txt'],
    ['a link to nothing', 'link-dead.txt'],
    ['a pipe', 'fifo'],
  ])('%s', async (_name, key) => {
    const store = directory(root)
    expect([await store.head(key), await store.get(key)]).toEqual([null, null])
  })

  test('any link, when links are refused', async () => {
    const store = directory(root, { symlinks: 'refuse' })
    expect(
      await Promise.all(['link-in.txt', 'folder-in/b.txt', 'link-out.txt'].map((key) => store.head(key))),
    ).toEqual([null, null, null])
    expect(await textOf(store, 'a.txt')).toBe('abc')
  })

  test('a socket', async () => {
    const server = createServer().listen(join(root, 'socket'))
    await new Promise((resolve) => server.once('listening', resolve))
    expect(await directory(root).get('socket')).toBeNull()
    await new Promise((resolve) => server.close(resolve))
  })

  test.skipIf(process.getuid?.() === 0)('a file that it may not read', async () => {
    await writeFile(join(root, 'locked.txt'), 'x', { mode: 0 })
    expect(await directory(root).get('locked.txt')).toBeNull()
    await chmod(join(root, 'locked.txt'), 0o600)
  })

  test('everything behind a link that is swapped all the time', async () => {
    const store = directory(root)
    await mkdir(join(base, 'swap'))
    await writeFile(join(base, 'swap', 'x.txt'), 'secret')
    await mkdir(join(root, 'real'))
    await writeFile(join(root, 'real', 'x.txt'), 'public')
    const place = join(root, 'swapped')
    let running = true
    const swapping = (async () => {
      for (let round = 0; running && round < 5000; round++) {
        const target = round % 2 === 0 ? join(base, 'swap') : 'real'
        await symlink(target, `${place}.new`)
        await rename(`${place}.new`, place)
      }
    })()
    const seen = new Set<string | null>()
    for (let round = 0; round < 1500; round++) seen.add(await textOf(store, 'swapped/x.txt'))
    running = false
    await swapping
    expect(seen.has('secret')).toBe(false)
    expect(seen.has('public')).toBe(true)
  })
})

describe('directory() refuses with STORE_KEY_INVALID', () => {
  test.each([
    ['the folder above', '../secret.txt'],
    ['the folder above, from within', 'sub/../../secret.txt'],
    ['an absolute path', '/etc/passwd'],
    ['NUL', 'a.txt\0.png'],
    ['a backslash', 'sub\\b.txt'],
    ['a drive', 'C:/a.txt'],
    ['an alternate stream', 'a.txt::$DATA'],
    ['a device', 'nul'],
    ['a dot at the end', 'a.txt.'],
    ['an empty segment', 'sub//b.txt'],
    ['a name of 256 bytes', 'x'.repeat(256)],
  ])('%s', async (_name, key) => {
    const store = directory(root, { writable: true })
    await expect(store.head(key)).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
    await expect(store.get(key)).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
    await expect(store.put(key, 'x')).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
    await expect(store.delete(key)).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
  })
})

describe('directory() fails with STORE_FAILED', () => {
  test('when the root is not there, and recovers when it is', async () => {
    const late = join(base, 'late')
    const store = directory(late)
    await expect(store.head('a.txt')).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await mkdir(late)
    expect(await store.head('a.txt')).toBeNull()
  })

  test('with a message that has no path', async () => {
    await expect(directory(join(base, 'none')).get('a.txt')).rejects.toSatisfy(
      (error: Error) => !error.message.includes(base),
    )
  })
})

describe('directory() tells states apart', () => {
  test('with a weak tag for two seconds after a change, and a strong one of the same text then', async () => {
    const written = Date.now()
    await writeFile(join(root, 'tag.txt'), 'one')
    const early = (await directory(root, { now: () => written + 1000 }).head('tag.txt'))?.etag
    const late = (await directory(root, { now: () => written + 60_000 }).head('tag.txt'))?.etag
    expect(early).toBe(`W/${late}`)
    expect(late).toMatch(/^"[0-9a-z-]+"$/)
  })

  test('with a weak tag for a file from the future', async () => {
    await writeFile(join(root, 'future.txt'), 'x')
    expect((await directory(root, { now: () => 1000 }).head('future.txt'))?.etag).toMatch(/^W\//)
  })

  test('also when size and time of writing were set back', async () => {
    const path = join(root, 'reproducible.txt')
    const store = directory(root, { now: () => Date.now() + 60_000 })
    const write = async (text: string): Promise<string | null | undefined> => {
      await writeFile(path, text)
      await utimes(path, 1, 1)
      return (await store.head('reproducible.txt'))?.etag
    }
    const first = await write('one')
    // The clock of the file system ticks every few milliseconds.
    const until = Date.now() + 30
    while (Date.now() < until) await readFile(path)
    expect(await write('two')).not.toBe(first)
  })
})

describe('directory() streams', () => {
  test('fail with STORE_CHANGED when the file shrinks', async () => {
    await writeFile(join(root, 'shrink.bin'), Buffer.alloc(600_000))
    const object = await directory(root).get('shrink.bin')
    const reader = object?.stream().getReader()
    await reader?.read()
    await truncate(join(root, 'shrink.bin'), 1000)
    await expect(
      (async () => {
        while (!(await reader?.read())?.done) continue
      })(),
    ).rejects.toMatchObject({ code: 'STORE_CHANGED' })
  })

  test('fail with STORE_CHANGED before the last byte when the file is written to', async () => {
    await writeFile(join(root, 'rewrite.bin'), Buffer.alloc(600_000))
    const object = await directory(root).get('rewrite.bin')
    const reader = object?.stream().getReader()
    let received = (await reader?.read())?.value?.byteLength ?? 0
    const handle = await open(join(root, 'rewrite.bin'), 'r+')
    await handle.write('y', 599_999)
    await handle.utimes(5, 5)
    await handle.close()
    await expect(
      (async () => {
        for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read())
          received += chunk.value.byteLength
      })(),
    ).rejects.toMatchObject({ code: 'STORE_CHANGED' })
    expect(received).toBeLessThan(600_000)
  })

  test('bytes() fails with STORE_CHANGED when the file shrank', async () => {
    await writeFile(join(root, 'shrunk.txt'), 'abcdef')
    const object = await directory(root).get('shrunk.txt')
    await truncate(join(root, 'shrunk.txt'), 2)
    await expect(object?.bytes()).rejects.toMatchObject({ code: 'STORE_CHANGED' })
  })

  test('go on to the end when the file is deleted, renamed over or linked meanwhile', async () => {
    await writeFile(join(root, 'gone.bin'), Buffer.alloc(600_000, 'a'))
    const object = await directory(root).get('gone.bin')
    await link(join(root, 'gone.bin'), join(root, 'gone-too.bin'))
    await writeFile(join(root, 'next.bin'), 'b')
    await rename(join(root, 'next.bin'), join(root, 'gone.bin'))
    await rm(join(root, 'gone-too.bin'))
    expect((await new Response(object?.stream()).bytes()).every((byte) => byte === 0x61)).toBe(true)
  })

  test('error with the reason of the signal', async () => {
    const abort = new AbortController()
    const object = await directory(root).get('large.bin', { signal: abort.signal })
    const reader = object?.stream().getReader()
    await reader?.read()
    abort.abort(new Error('gone'))
    await expect(reader?.read()).rejects.toThrow('gone')
  })
})

describe('directory() closes its descriptors', () => {
  test('after 1,000 readings of every kind, broken off anywhere', async () => {
    const store = directory(root)
    const before = await openDescriptors()
    for (let round = 0; round < 1000; round++) {
      const abort = new AbortController()
      const object = await store.get('large.bin', { signal: abort.signal })
      if (object === null) throw new Error('The file is there')
      if (round % 5 === 0) await object.cancel()
      else if (round % 5 === 1) {
        const stream = object.stream()
        abort.abort()
        await stream.cancel().catch(() => undefined)
      } else {
        const reader = object.stream().getReader()
        const reading = reader.read()
        if (round % 5 === 2) await reading
        await reader.cancel()
      }
    }
    expect(await openDescriptors()).toBeLessThanOrEqual(before)
  })

  test('after bytes(), head(), a refused range, a folder, a pipe and a link out', async () => {
    const store = directory(root)
    const before = await openDescriptors()
    for (let round = 0; round < 100; round++) {
      await (await store.get('a.txt'))?.bytes()
      await store.head('a.txt')
      await store.get('a.txt', { range: { start: 9, end: 9 } }).catch(() => undefined)
      for (const key of ['sub', 'fifo', 'link-out.txt', 'folder-out/secret.txt']) await store.get(key)
    }
    expect(await openDescriptors()).toBeLessThanOrEqual(before)
  })

  test('of what was opened and then lost, when the collector comes by', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void // V8 puts it into new contexts once the flag is set.
    const store = directory(root)
    const before = await openDescriptors()
    for (let round = 0; round < 50; round++) {
      const object = await store.get('large.bin')
      if (round % 2 === 0) object?.stream()
    }
    expect(await openDescriptors()).toBeGreaterThan(before + 40)
    // One may still lie on the stack.
    for (let round = 0; round < 200 && (await openDescriptors()) > before + 1; round++) {
      collect()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await openDescriptors()).toBeLessThanOrEqual(before + 1)
  })
})

describe('directory() writes', () => {
  let place = ''
  let store: ObjectStore

  beforeAll(async () => {
    place = join(base, 'writable')
    await mkdir(place)
    store = directory(place, { writable: true })
  })

  test('and makes the folders on the way', async () => {
    await store.put('x/y/z.txt', 'deep')
    expect(await readFile(join(place, 'x/y/z.txt'), 'utf8')).toBe('deep')
  })

  test('and leaves no temporary file, after success and failure', async () => {
    await store.put('t/a', 'a')
    const failing = new ReadableStream({ pull: (controller) => controller.error(new Error('broken')) })
    await expect(store.put('t/b', failing)).rejects.toThrow('broken')
    expect(await readdir(join(place, 't'))).toEqual(['a'])
  })

  test('but makes nothing behind a folder that leads out', async () => {
    await mkdir(join(base, 'elsewhere'))
    await symlink(join(base, 'elsewhere'), join(place, 'out'))
    await expect(store.put('out/new/a.txt', 'x')).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
    await expect(store.put('out/a.txt', 'x')).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
    expect(await readdir(join(base, 'elsewhere'))).toEqual([])
  })

  test('but deletes nothing behind a folder that leads out', async () => {
    await mkdir(join(base, 'kept'))
    await writeFile(join(base, 'kept', 'a.txt'), 'x')
    await symlink(join(base, 'kept'), join(place, 'kept'))
    expect(await store.delete('kept/a.txt')).toBe(false)
    expect(await readdir(join(base, 'kept'))).toEqual(['a.txt'])
  })

  test('in place of a link, not through it', async () => {
    await writeFile(join(base, 'target.txt'), 'old')
    await symlink(join(base, 'target.txt'), join(place, 'link.txt'))
    await store.put('link.txt', 'new')
    expect([await readFile(join(base, 'target.txt'), 'utf8'), await textOf(store, 'link.txt')]).toEqual([
      'old',
      'new',
    ])
  })

  test.each([
    ['below a file', 'file/a'],
    ['in place of a folder', 'folder'],
    ['a hidden name', '.env'],
    ['below a hidden name', '.git/a'],
  ])('not %s', async (_name, key) => {
    await store.put('file', 'x')
    await store.put('folder/a', 'x')
    await expect(store.put(key, 'x')).rejects.toMatchObject({ code: 'STORE_KEY_INVALID' })
  })

  test('not at all unless it may', async () => {
    const readOnly = directory(place)
    await expect(readOnly.put('a', 'a')).rejects.toMatchObject({ code: 'STORE_UNSUPPORTED' })
    await expect(readOnly.delete('a')).rejects.toMatchObject({ code: 'STORE_UNSUPPORTED' })
  })
})

describe('directory() lists', () => {
  test('files only: no links, pipes, hidden or foreign names', async () => {
    const place = join(base, 'listed')
    await mkdir(join(place, 'sub'), { recursive: true })
    await mkdir(join(place, '.hidden'))
    for (const name of ['a.txt', 'sub/b.txt', '.env', '.hidden/c', 'back\\slash', 'colon:', 'dot.'])
      await writeFile(join(place, name), 'x')
    await symlink('a.txt', join(place, 'link'))
    await symlink('sub', join(place, 'sub-link'))
    execFileSync('mkfifo', [join(place, 'fifo')])
    const { objects } = await directory(place).list()
    expect(objects.map(({ key }) => key)).toEqual(['a.txt', 'sub/b.txt'])
  })

  test('a thousand at most', async () => {
    await expect(directory(root).list({ limit: 1001 })).rejects.toThrow(RangeError)
  })
})
