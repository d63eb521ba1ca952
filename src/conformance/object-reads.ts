import { isObjectKey } from '../stores/object/index.ts'
import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { ObjectCase } from './object-subject.ts'
import { drain, patternBytes, present, readText } from './object-subject.ts'

const outside = [
  '',
  '/',
  '/a',
  'a/',
  'a//b',
  '.',
  '..',
  'a/../b',
  'a/.',
  '../a',
  'a\0b',
  'a\nb',
  'a\u007f',
  '\ud800',
  'x'.repeat(1025),
]

/** Cases about what is read. */
export const objectReadCases: readonly ObjectCase[] = [
  {
    name: 'what is not there is null',
    async run({ store }) {
      assertEqual(
        [await store.head('a'), await store.get('a'), await store.get('a/b/c')],
        [null, null, null],
        'the answers',
      )
    },
  },
  {
    name: 'keys that are malformed are refused',
    async run({ store }) {
      for (const key of outside) {
        assertTrue(!isObjectKey(key), `${JSON.stringify(key.slice(0, 20))} to be no key`)
        await assertRejects(() => store.head(key), 'STORE_KEY_INVALID')
        await assertRejects(() => store.get(key), 'STORE_KEY_INVALID')
      }
    },
  },
  {
    name: 'head describes what get gives',
    needs: ['write'],
    async run({ store }) {
      const written = await store.put('a/b.txt', 'hello')
      const info = present(await store.head('a/b.txt'))
      const object = present(await store.get('a/b.txt'))
      await object.cancel()
      assertEqual(
        [info.key, info.sizeBytes, written.key, written.sizeBytes],
        ['a/b.txt', 5, 'a/b.txt', 5],
        'key and size',
      )
      assertEqual([object.info.sizeBytes, object.contentBytes], [5, 5], 'the sizes')
      assertEqual(object.info.modifiedMs, info.modifiedMs, 'the time')
    },
  },
  {
    name: 'bytes and stream give what was written, binary and large',
    needs: ['write'],
    async run({ store }) {
      const bytes = patternBytes(1_000_003)
      await store.put('large.bin', bytes)
      assertEqual(await present(await store.get('large.bin')).bytes(), bytes, 'the bytes')
      assertEqual(await drain(present(await store.get('large.bin')).stream()), bytes, 'the stream')
    },
  },
  {
    name: 'an empty object is an object',
    needs: ['write'],
    async run({ store }) {
      await store.put('empty', '')
      assertEqual(present(await store.head('empty')).sizeBytes, 0, 'the size')
      assertEqual(await readText(store, 'empty'), '', 'the text')
      assertEqual(await drain(present(await store.get('empty')).stream()), new Uint8Array(0), 'the stream')
    },
  },
  {
    name: 'a range gives its bytes, both ends included',
    needs: ['write'],
    async run({ store }) {
      await store.put('abc', 'abcdefghij')
      assertEqual(await readText(store, 'abc', { range: { start: 0, end: 0 } }), 'a', 'the first byte')
      assertEqual(await readText(store, 'abc', { range: { start: 2, end: 4 } }), 'cde', 'three bytes')
      assertEqual(await readText(store, 'abc', { range: { start: 9, end: 9 } }), 'j', 'the last byte')
      assertEqual(await readText(store, 'abc', { range: { start: 7, end: 99 } }), 'hij', 'what is left')
      const part = present(await store.get('abc', { range: { start: 2, end: 4 } }))
      assertEqual([part.info.sizeBytes, part.contentBytes], [10, 3], 'the sizes')
      assertEqual(await drain(part.stream()), new TextEncoder().encode('cde'), 'the stream')
    },
  },
  {
    name: 'a range that does not begin within the object is refused',
    needs: ['write'],
    async run({ store }) {
      await store.put('abc', 'abc')
      await store.put('empty', '')
      for (const range of [
        { start: 3, end: 5 },
        { start: -1, end: 1 },
        { start: 2, end: 1 },
        { start: 0.5, end: 1 },
      ]) {
        await assertRejects(() => store.get('abc', { range }), 'STORE_RANGE')
      }
      await assertRejects(() => store.get('empty', { range: { start: 0, end: 0 } }), 'STORE_RANGE')
    },
  },
  {
    name: 'keys may have any letters',
    needs: ['write'],
    async run({ store }) {
      const keys = [
        'Größe/日本語.txt',
        '🎸',
        'a b/c+d%20e&f=g.txt',
        'constructor',
        '__proto__',
        "it's (1).txt",
      ]
      for (const key of keys) await store.put(key, key)
      for (const key of keys) assertEqual(await readText(store, key), key, 'the text')
    },
  },
  {
    name: 'a stream that is cancelled gives no more, and the object is as it was',
    needs: ['write'],
    async run({ store }) {
      await store.put('large.bin', patternBytes(500_000))
      const reader = present(await store.get('large.bin'))
        .stream()
        .getReader()
      await reader.read()
      await reader.cancel()
      assertEqual((await reader.read()).done, true, 'the end')
      assertEqual(present(await store.head('large.bin')).sizeBytes, 500_000, 'the size')
    },
  },
  {
    name: 'a signal that is aborted already rejects with its reason',
    needs: ['write'],
    async run({ store }) {
      await store.put('a', 'a')
      const reason = Object.assign(new Error('gone'), { code: 'GONE' })
      const options = { signal: AbortSignal.abort(reason) }
      await assertRejects(() => store.head('a', options), 'GONE')
      await assertRejects(() => store.get('a', options), 'GONE')
      await assertRejects(() => store.put('b', 'b', options), 'GONE')
      await assertRejects(() => store.delete('a', options), 'GONE')
      assertEqual([await readText(store, 'a'), await readText(store, 'b')], ['a', null], 'what is there')
    },
  },
  {
    name: 'a closed store refuses, and closing twice does nothing more',
    async run({ store }) {
      await store.close()
      await store.close()
      await assertRejects(() => store.head('a'), 'STORE_CLOSED')
      await assertRejects(() => store.get('a'), 'STORE_CLOSED')
      await assertRejects(() => store.list(), 'STORE_CLOSED')
    },
  },
]
