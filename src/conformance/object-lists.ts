import type { ObjectListOptions, ObjectStore } from '../stores/object/contract.ts'
import { assertEqual, assertRejects } from './assert.ts'
import type { ObjectCase } from './object-subject.ts'

/** In the order of their UTF-8 bytes, which is neither that of folders nor that of UTF-16. */
const keys = [
  'A',
  'a b',
  'a-b',
  'a.txt',
  'a/b',
  'a/b-c',
  'a/b.d/e',
  'a0',
  'b/1',
  'b/10',
  'b/2',
  'é',
  '\uff21',
  '🎸',
]

/** Cases about lists. */
export const objectListCases: readonly ObjectCase[] = [
  {
    name: 'a store without list refuses to',
    needs: ['list'],
    async run({ store }) {
      assertEqual(await store.list(), { objects: [], cursor: null }, 'the list of an empty store')
    },
    async refuses({ store }) {
      await assertRejects(() => store.list(), 'STORE_UNSUPPORTED')
    },
  },
  {
    name: 'a list is in the order of the UTF-8 bytes of its keys',
    needs: ['list', 'write'],
    async run({ store }) {
      await fill(store)
      assertEqual(await listAll(store, {}), keys, 'the keys')
    },
  },
  {
    name: 'pages of any size give the same list',
    needs: ['list', 'write'],
    async run({ store }) {
      await fill(store)
      for (const limit of [1, 2, 3, 5, 13, 14, 1000])
        assertEqual(await listAll(store, { limit }), keys, `pages of ${limit}`)
    },
  },
  {
    name: 'a list holds what head says',
    needs: ['list', 'write'],
    async run({ store }) {
      await store.put('a/b', 'hello')
      const [info] = (await store.list()).objects
      assertEqual(
        [info?.key, info?.sizeBytes, info?.modifiedMs],
        ['a/b', 5, (await store.head('a/b'))?.modifiedMs],
        'the object',
      )
    },
  },
  {
    name: 'a prefix need not end at a slash',
    needs: ['list', 'write'],
    async run({ store }) {
      await fill(store)
      for (const prefix of ['a', 'a/', 'a/b', 'a/b.', 'b/1', 'none', 'b/', 'é', 'a/b.d/e']) {
        const expected = keys.filter((key) => key.startsWith(prefix))
        assertEqual(await listAll(store, { prefix, limit: 2 }), expected, `the keys of ${prefix}`)
      }
    },
  },
  {
    name: 'what is there throughout is listed once, whatever is written between pages',
    needs: ['list', 'write'],
    async run({ store }) {
      await fill(store)
      const first = await store.list({ limit: 5 })
      await store.put('0', 'x')
      await store.put('a/b-', 'x')
      await store.delete('a-b')
      await store.delete('a/b')
      const seen = first.objects.map(({ key }) => key)
      for (let { cursor } = first; cursor !== null;) {
        const page = await store.list({ limit: 2, cursor })
        seen.push(...page.objects.map(({ key }) => key))
        cursor = page.cursor
      }
      const stayed = keys.filter((key) => key !== 'a-b' && key !== 'a/b')
      assertEqual(
        seen.filter((key) => stayed.includes(key)),
        stayed,
        'the keys that stayed',
      )
    },
  },
]

async function fill(store: ObjectStore): Promise<void> {
  for (const key of keys.toReversed()) await store.put(key, key)
}

async function listAll(store: ObjectStore, options: ObjectListOptions): Promise<string[]> {
  const found: string[] = []
  let page = await store.list(options)
  for (;;) {
    found.push(...page.objects.map(({ key }) => key))
    if (page.cursor === null) return found
    page = await store.list({ ...options, cursor: page.cursor })
  }
}
