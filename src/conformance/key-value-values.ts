import type { KeyValueStore } from '../stores/key-value/contract.ts'
import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { KeyValueCase } from './key-value-subject.ts'
import { atOnce, eventually, peerOf, readText } from './key-value-subject.ts'
import { patternBytes } from './object-subject.ts'

/** Keys that are easily taken for one another, or for something else. */
const trickyKeys = [
  'a',
  'A',
  'a ',
  ' a',
  'a:b',
  'a/b',
  'a//b',
  '../a',
  'a*',
  'a?',
  'a[b]',
  'a_',
  'a%',
  '%61',
  "a'b",
  'a"b',
  'a\\b',
  'a\nb',
  '\u0001',
  'a\u007f',
  'é',
  'e\u0301',
  'ß',
  'ss',
  '\ufeffa',
  '\uffff',
  '🎸',
  '{tag}a',
  '__proto__',
]

/** Cases about what is written and read. */
export const keyValueValueCases: readonly KeyValueCase[] = [
  {
    name: 'what was set is read; a string is UTF-8',
    async run(subject) {
      const { store } = subject
      assertEqual(await store.get('a'), null, 'what is there at first')
      await store.set('a', 'Größe 🎸')
      await eventually(subject, async () =>
        assertEqual(await store.get('a'), new TextEncoder().encode('Größe 🎸'), 'the value'),
      )
    },
  },
  {
    name: 'every byte comes back as it went, and so does no byte',
    async run(subject) {
      const { store } = subject
      const every = Uint8Array.from({ length: 256 }, (_, index) => index)
      const many = patternBytes(30_000)
      await store.set('every', every)
      await store.set('many', many)
      await store.set('none', new Uint8Array(0))
      await store.set('window', every.subarray(100, 110))
      await eventually(subject, async () => {
        assertEqual(await store.get('every'), every, 'each byte')
        assertEqual(await store.get('many'), many, 'many bytes')
        assertEqual(await store.get('none'), new Uint8Array(0), 'no bytes')
        assertEqual(await store.get('window'), every.slice(100, 110), 'a part of a buffer')
      })
    },
  },
  {
    name: 'text that looks like a number comes back as it went',
    async run(subject) {
      const { store } = subject
      const texts = [
        '0',
        '-5',
        '007',
        '+1',
        '-0',
        '1.0',
        '1e3',
        ' 1',
        '0x10',
        '9007199254740991',
        '9007199254740993',
      ]
      for (const text of texts) await store.set(`number ${text}`, text)
      await eventually(subject, async () => {
        for (const text of texts) assertEqual(await readText(store, `number ${text}`), text, 'the text')
      })
    },
  },
  {
    name: 'keys are compared byte by byte',
    async run(subject) {
      const { store } = subject
      await atOnce(trickyKeys.length, (index) => store.set(trickyKeys[index] ?? '', `value ${index}`))
      await eventually(subject, async () => {
        for (const [index, key] of trickyKeys.entries()) {
          assertEqual(await readText(store, key), `value ${index}`, `the value of ${JSON.stringify(key)}`)
        }
      })
    },
  },
  {
    name: 'a new value takes the place of the old one',
    async run(subject) {
      const { store } = subject
      await store.set('a', 'a long old value')
      await store.set('a', 'new')
      await eventually(subject, async () => assertEqual(await readText(store, 'a'), 'new', 'the value'))
    },
  },
  {
    name: 'the longest key is taken; a longer, an empty and a malformed one are refused everywhere',
    async run(subject) {
      const { store } = subject
      const { maxKeyBytes } = store.limits
      assertTrue(maxKeyBytes >= 1 && maxKeyBytes <= 512, 'maxKeyBytes from 1 to 512')
      const longest = `${'é'.repeat(Math.floor(maxKeyBytes / 2))}${maxKeyBytes % 2 === 1 ? 'x' : ''}`
      await store.set(longest, 'long')
      await eventually(subject, async () => assertEqual(await readText(store, longest), 'long', 'the value'))
      for (const key of [`${longest}x`, '', 'a\ud800', '\udc00', 'a\u0000', '\u0000a'])
        await assertKeyRefused(store, key)
    },
  },
  {
    name: 'the largest value is taken; a larger one is refused, and the old one stays',
    async run(subject) {
      const { store } = subject
      const { maxValueBytes } = store.limits
      const largest = patternBytes(maxValueBytes)
      await store.set('a', largest)
      await assertRejects(() => store.set('a', new Uint8Array(maxValueBytes + 1)), 'STORE_TOO_LARGE')
      await assertRejects(() => store.set('a', 'é'.repeat(maxValueBytes / 2 + 1)), 'STORE_TOO_LARGE')
      await eventually(subject, async () => assertEqual(await store.get('a'), largest, 'the value'))
    },
  },
  {
    name: 'a store keeps no memory of its callers, and hands out none of its own',
    async run(subject) {
      const { store } = subject
      const bytes = new TextEncoder().encode('before')
      const writing = store.set('a', bytes)
      bytes.fill(0)
      await writing
      await eventually(subject, async () => {
        const read = await store.get('a')
        assertEqual(read, new TextEncoder().encode('before'), 'the value')
        read?.fill(0)
        const [again] = await store.getMany(['a'])
        assertEqual(again, new TextEncoder().encode('before'), 'the value after the reader wrote into it')
        again?.fill(0)
        assertEqual(await readText(store, 'a'), 'before', 'the value after another reader did')
      })
    },
  },
  {
    name: 'a deleted value is not there; deleting nothing is no error',
    async run(subject) {
      const { store } = subject
      await store.set('a', 'a')
      await store.set('b', 'b')
      await store.delete('a')
      await store.delete('a')
      await store.delete('never there')
      await eventually(subject, async () =>
        assertEqual([await readText(store, 'a'), await readText(store, 'b')], [null, 'b'], 'the values'),
      )
    },
  },
  {
    name: 'getMany reads in the order of its keys',
    async run(subject) {
      const { store } = subject
      const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`)
      await atOnce(50, (index) => store.set(keys[2 * index] ?? '', `value ${2 * index}`))
      await eventually(subject, async () => {
        const values = (await store.getMany(keys)).map((bytes) => bytes && new TextDecoder().decode(bytes))
        const expected = keys.map((_, index) => (index % 2 === 0 ? `value ${index}` : null))
        assertEqual(values, expected, 'the values')
        const same = await store.getMany(['key 2', 'none', 'key 0', 'key 2'])
        assertEqual(
          same.map((bytes) => bytes?.byteLength ?? null),
          [7, null, 7, 7],
          'the lengths',
        )
      })
      assertEqual(await store.getMany([]), [], 'what no keys give')
      await assertOutOfRange(() => store.getMany([...keys, 'one more']))
    },
  },
  {
    name: 'of many writes of one key at once, one wins, whole',
    async run(subject) {
      const { store } = subject
      const texts = Array.from({ length: 50 }, (_, index) =>
        String.fromCharCode(48 + index).repeat(2000 + index),
      )
      await Promise.all(texts.map((text) => store.set('a', text)))
      await eventually(subject, async () =>
        assertTrue(texts.includes((await readText(store, 'a')) ?? ''), 'one of the values'),
      )
    },
  },
  {
    name: 'many writes of many keys at once are all there',
    async run(subject) {
      const { store } = subject
      await atOnce(50, (index) => store.set(`key ${index}`, `value ${index}`))
      await eventually(subject, async () => {
        const values = await atOnce(50, (index) => readText(store, `key ${index}`))
        assertEqual(
          values,
          values.map((_, index) => `value ${index}`),
          'the values',
        )
      })
    },
  },
  {
    name: 'what one object writes, another one over the same data reads',
    needs: ['shared'],
    async run(subject) {
      const peer = peerOf(subject)
      await subject.store.set('a', 'from the store')
      await peer.set('b', 'from the peer')
      await eventually(subject, async () => {
        assertEqual(await readText(peer, 'a'), 'from the store', 'what the peer reads')
        assertEqual(await readText(subject.store, 'b'), 'from the peer', 'what the store reads')
      })
    },
  },
]

async function assertKeyRefused(store: KeyValueStore, key: string): Promise<void> {
  await assertRejects(() => store.get(key), 'STORE_KEY_INVALID')
  await assertRejects(() => store.getMany(['a', key]), 'STORE_KEY_INVALID')
  await assertRejects(() => store.set(key, 'a'), 'STORE_KEY_INVALID')
  await assertRejects(() => store.delete(key), 'STORE_KEY_INVALID')
  await assertRejects(() => store.increment(key, 1), 'STORE_KEY_INVALID', 'STORE_UNSUPPORTED')
  await assertRejects(() => store.compareAndSet(key, null, 'a'), 'STORE_KEY_INVALID', 'STORE_UNSUPPORTED')
}

/** Rejects a case unless `work` rejects with a `RangeError`. */
export async function assertOutOfRange(work: () => Promise<unknown>): Promise<void> {
  const outcome = await work().then(
    () => 'no rejection',
    (error: unknown) => (error instanceof RangeError ? 'RangeError' : String(error)),
  )
  assertEqual(outcome, 'RangeError', 'the rejection')
}
