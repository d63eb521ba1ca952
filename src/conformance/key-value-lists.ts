import type { KeyValueStore } from '../stores/key-value/contract.ts'
import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { KeyValueCase, KeyValueSubject } from './key-value-subject.ts'
import { atOnce, eventually, listAll } from './key-value-subject.ts'
import { assertOutOfRange } from './key-value-values.ts'

/** In the order of their UTF-8 bytes, which is not that of UTF-16. */
const keys = [
  '%',
  '*',
  'A',
  'a',
  'a\u0001',
  'a b',
  'a%b',
  'a*',
  'a*b',
  'a-b',
  'a/b',
  'a/c',
  'a:1',
  'a:10',
  'a:2',
  'a?',
  'a[b]',
  'a\\b',
  'a_b',
  'b',
  'é',
  'éa',
  '\uff21',
  '\uffff',
  '🎸',
  '🎸a',
]

/** Cases about lists. */
export const keyValueListCases: readonly KeyValueCase[] = [
  {
    name: 'a store without list refuses to',
    needs: ['list'],
    async run({ store }) {
      assertEqual(await listAll(store, {}), [], 'the list of an empty store')
    },
    async refuses({ store }) {
      await assertRejects(() => store.list(), 'STORE_UNSUPPORTED')
    },
  },
  {
    name: 'pages of any size give every key',
    needs: ['list'],
    async run(subject) {
      await fill(subject)
      for (const limit of [1, 2, 7, keys.length, 1000]) {
        const found = new Set(await listAll(subject.store, { limit }))
        assertEqual([...found].sort(), keys.toSorted(), `the keys of pages of ${limit}`)
      }
    },
  },
  {
    name: 'no page has more keys than its limit',
    needs: ['list'],
    async run(subject) {
      await fill(subject)
      for (const limit of [1, 3]) {
        let page = await subject.store.list({ limit })
        for (let count = 0; page.cursor !== null; count += 1) {
          assertTrue(page.keys.length <= limit, `at most ${limit} keys`)
          assertTrue(count < 10_000, 'an end of the pages')
          page = await subject.store.list({ limit, cursor: page.cursor })
        }
        assertTrue(page.keys.length <= limit, `at most ${limit} keys`)
      }
    },
  },
  {
    name: 'a list is in the order of the UTF-8 bytes of its keys, each once',
    needs: ['list', 'list-order'],
    async run(subject) {
      await fill(subject)
      for (const limit of [1, 2, 5, keys.length - 1, keys.length, 1000]) {
        assertEqual(await listAll(subject.store, { limit }), keys, `the keys of pages of ${limit}`)
      }
    },
  },
  {
    name: 'a prefix is taken as it is, whatever it looks like',
    needs: ['list'],
    async run(subject) {
      await fill(subject)
      for (const prefix of [
        'a',
        'a*',
        'a:',
        'a:1',
        'a%',
        'a_',
        'a?',
        'a[b]',
        'a\\',
        'a\u0001',
        'é',
        '🎸',
        '\uffff',
        '*',
        'z',
      ]) {
        const found = new Set(await listAll(subject.store, { prefix, limit: 2 }))
        const expected = keys.filter((key) => key.startsWith(prefix)).sort()
        assertEqual([...found].sort(), expected, `the keys of ${JSON.stringify(prefix)}`)
      }
    },
  },
  {
    name: 'what is there throughout is listed, whatever is written between pages',
    needs: ['list'],
    async run(subject) {
      const { store } = subject
      const stayed = Array.from({ length: 60 }, (_, index) => `stay:${String(index).padStart(2, '0')}`)
      await atOnce(60, (index) => store.set(stayed[index] ?? '', 'x'))
      await atOnce(20, (index) => store.set(`stay:${index}-goes`, 'x'))
      await settled(subject, 80)
      const seen: string[] = []
      let cursor: string | null = null
      let round = 0
      do {
        const page = await store.list({ prefix: 'stay:', limit: 7, ...(cursor === null ? {} : { cursor }) })
        seen.push(...page.keys)
        cursor = page.cursor
        await atOnce(10, (index) => store.set(`stay:${round}-new-${index}`, 'x'))
        await store.delete(`stay:${round}-goes`)
        round += 1
      } while (cursor !== null && round < 1000)
      const found = seen.filter((key) => stayed.includes(key))
      assertEqual([...new Set(found)].sort(), stayed, 'the keys that stayed')
      if (store.capabilities.has('list-order')) assertEqual(found, stayed, 'the keys in their order')
    },
  },
  {
    name: 'a limit out of range, a long prefix and a malformed cursor are refused',
    needs: ['list'],
    async run({ store }) {
      for (const limit of [0, -1, 1.5, 1001, Number.NaN]) await assertOutOfRange(() => store.list({ limit }))
      const long = 'x'.repeat(store.limits.maxKeyBytes + 1)
      await assertRejects(() => store.list({ prefix: long }), 'STORE_KEY_INVALID')
      await assertRejects(() => store.list({ prefix: '\ud800' }), 'STORE_KEY_INVALID')
      await assertRejects(() => store.list({ cursor: '\ud800 no cursor' }), 'STORE_KEY_INVALID')
    },
  },
]

async function fill(subject: KeyValueSubject): Promise<void> {
  const { store } = subject
  const backwards = keys.toReversed()
  await atOnce(backwards.length, (index) => store.set(backwards[index] ?? '', 'x'))
  await settled(subject, keys.length)
}

/** Waits until the list has what was written. */
async function settled(
  subject: { readonly store: KeyValueStore } & KeyValueSubject,
  count: number,
): Promise<void> {
  await eventually(subject, async () =>
    assertEqual(new Set(await listAll(subject.store, {})).size, count, 'the number of keys'),
  )
}
