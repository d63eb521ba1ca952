import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { ObjectCase } from './object-subject.ts'
import { drain, patternBytes, present, readText, streamOf } from './object-subject.ts'

/** Cases about what is written and deleted. */
export const objectWriteCases: readonly ObjectCase[] = [
  {
    name: 'a store without write refuses to',
    needs: ['write'],
    async run({ store }) {
      await store.put('a', 'a')
      assertEqual(await store.delete('a'), true, 'the deletion')
    },
    async refuses({ store }) {
      await assertRejects(() => store.put('a', 'a'), 'STORE_UNSUPPORTED')
      await assertRejects(() => store.delete('a'), 'STORE_UNSUPPORTED')
    },
  },
  {
    name: 'a string is stored as UTF-8, bytes and streams as they are',
    needs: ['write'],
    async run({ store }) {
      const bytes = patternBytes(300_000)
      await store.put('text', 'Größe')
      await store.put(
        'stream',
        streamOf([
          bytes.subarray(0, 1),
          bytes.subarray(1, 1),
          bytes.subarray(1, 200_000),
          bytes.subarray(200_000),
        ]),
      )
      assertEqual(present(await store.head('text')).sizeBytes, 7, 'the size')
      assertEqual(await present(await store.get('stream')).bytes(), bytes, 'the bytes')
    },
  },
  {
    name: 'a new object takes the place of the old one',
    needs: ['write'],
    async run({ store }) {
      await store.put('a', 'a long old text')
      await store.put('a', 'new')
      assertEqual(
        [await readText(store, 'a'), present(await store.head('a')).sizeBytes],
        ['new', 3],
        'what is there',
      )
    },
  },
  {
    name: 'a strong entity tag changes with the content',
    needs: ['write'],
    async run({ store }) {
      const first = (await store.put('a', 'one')).etag
      const second = (await store.put('a', 'two')).etag
      for (const etag of [first, second]) {
        assertTrue(etag === null || /^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(etag), 'a well-formed entity tag')
      }
      assertTrue(first === null || first.startsWith('W/') || first !== second, 'two tags for two contents')
    },
  },
  {
    name: 'a stream that fails leaves the old object, whole',
    needs: ['write'],
    async run({ store }) {
      await store.put('a', 'old')
      const failing = new ReadableStream<Uint8Array>({
        start(controller): void {
          controller.enqueue(new TextEncoder().encode('ne'))
          controller.error(Object.assign(new Error('broken'), { code: 'BROKEN' }))
        },
      })
      await assertRejects(() => store.put('a', failing), 'BROKEN')
      assertEqual(await readText(store, 'a'), 'old', 'the text')
      assertEqual(
        (await listed(store)).length,
        store.capabilities.has('list') ? 1 : 0,
        'the number of objects',
      )
    },
  },
  {
    name: 'a body above maxBytes is refused and cancelled, and the old object stays',
    needs: ['write'],
    async run({ store }) {
      await store.put('a', 'old')
      let cancelled = false
      const body = streamOf(
        [new Uint8Array(10), new Uint8Array(10), new Uint8Array(10)],
        () => void (cancelled = true),
      )
      await assertRejects(() => store.put('a', body, { maxBytes: 15 }), 'STORE_TOO_LARGE')
      assertTrue(cancelled, 'the stream to be cancelled')
      assertEqual(await readText(store, 'a'), 'old', 'the text')
      assertEqual(
        (await store.put('a', new Uint8Array(15), { maxBytes: 15 })).sizeBytes,
        15,
        'the size at the bound',
      )
    },
  },
  {
    name: 'an abort ends a put whose stream gives nothing',
    needs: ['write'],
    async run({ store }) {
      const abort = new AbortController()
      const stuck = new ReadableStream<Uint8Array>({
        pull: () => abort.abort(Object.assign(new Error('gone'), { code: 'GONE' })),
      })
      await assertRejects(() => store.put('a', stuck, { signal: abort.signal }), 'GONE')
      assertEqual(await store.head('a'), null, 'what is there')
    },
  },
  {
    name: 'a put that is refused cancels its stream',
    needs: ['write'],
    async run({ store }) {
      let cancelled = false
      const body = streamOf([], () => void (cancelled = true))
      await assertRejects(() => store.put('../a', body), 'STORE_KEY_INVALID')
      assertTrue(cancelled, 'the stream to be cancelled')
    },
  },
  {
    name: 'who reads an object while it is replaced or deleted reads the old one',
    needs: ['write'],
    async run({ store }) {
      const bytes = patternBytes(1_000_000)
      await store.put('a', bytes)
      const replaced = present(await store.get('a')).stream()
      await store.put('a', 'new')
      const deleted = present(await store.get('a')).stream()
      await store.delete('a')
      assertEqual(await drain(replaced), bytes, 'the first reading')
      assertEqual(await drain(deleted), new TextEncoder().encode('new'), 'the second reading')
    },
  },
  {
    name: 'of many writes at once one wins, whole',
    needs: ['write'],
    async run({ store }) {
      const texts = Array.from({ length: 50 }, (_, index) =>
        String.fromCharCode(48 + index).repeat(5000 + index),
      )
      await Promise.all(texts.map((text) => store.put('a', text)))
      assertTrue(texts.includes((await readText(store, 'a')) ?? ''), 'one of the texts')
    },
  },
  {
    name: 'delete says whether there was something',
    needs: ['write'],
    async run({ store }) {
      await store.put('a/b', 'x')
      assertEqual(
        [
          await store.delete('a/c'),
          await store.delete('a/b'),
          await store.delete('a/b'),
          await store.delete('a/b/c'),
        ],
        [false, true, false, false],
        'the answers',
      )
      assertEqual(await store.head('a/b'), null, 'what is there')
    },
  },
  {
    name: 'a media type is kept, or refused',
    needs: ['write', 'media-type'],
    async run({ store }) {
      await store.put('a', 'a', { mediaType: 'text/x-a' })
      await store.put('b', 'b')
      assertEqual(
        [present(await store.head('a')).mediaType, present(await store.head('b')).mediaType],
        ['text/x-a', null],
        'the types',
      )
    },
    async refuses({ store }) {
      await assertRejects(() => store.put('a', 'a', { mediaType: 'text/x-a' }), 'STORE_UNSUPPORTED')
    },
  },
]

async function listed(store: Parameters<ObjectCase['run']>[0]['store']): Promise<readonly string[]> {
  return store.capabilities.has('list') ? (await store.list()).objects.map(({ key }) => key) : []
}
