import type { KeyValueStore } from '../stores/key-value/contract.ts'
import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { KeyValueCase } from './key-value-subject.ts'
import { eventually, listAll, pass, readText } from './key-value-subject.ts'
import { assertOutOfRange } from './key-value-values.ts'

/** Cases about values that end. */
export const keyValueTtlCases: readonly KeyValueCase[] = [
  {
    name: 'a store without ttl refuses one',
    needs: ['ttl'],
    async run(subject) {
      const { store } = subject
      await store.set('a', 'a', { ttlMs: ttlOf(store) })
      await eventually(subject, async () => assertEqual(await readText(store, 'a'), 'a', 'the value'))
    },
    async refuses({ store }) {
      await assertRejects(() => store.set('a', 'a', { ttlMs: 3_600_000 }), 'STORE_UNSUPPORTED')
      assertEqual(await store.get('a'), null, 'what is there')
    },
  },
  {
    name: 'a TTL that is no number of milliseconds in range is refused',
    needs: ['ttl'],
    async run({ store }) {
      for (const ttlMs of [0, -1, 1.5, Number.NaN, Infinity, 2 ** 40 + 1]) {
        await assertOutOfRange(() => store.set('a', 'a', { ttlMs }))
      }
      if (store.limits.minTtlMs > 1) {
        await assertRejects(
          () => store.set('a', 'a', { ttlMs: store.limits.minTtlMs - 1 }),
          'STORE_UNSUPPORTED',
        )
      }
      assertEqual(await store.get('a'), null, 'what is there')
      await store.set('a', 'a', { ttlMs: 2 ** 40 })
    },
  },
  {
    name: 'a value is there until its TTL has passed, and not after',
    needs: ['ttl', 'advance'],
    async run(subject) {
      const { store } = subject
      const ttlMs = ttlOf(store)
      await store.set('short', 'a', { ttlMs })
      await store.set('long', 'b', { ttlMs: 100 * ttlMs })
      await store.set('endless', 'c')
      await pass(subject, ttlMs / 4)
      assertEqual(await readText(store, 'short'), 'a', 'the value before its end')
      await pass(subject, ttlMs)
      assertEqual(await store.get('short'), null, 'the value after its end')
      const values = await store.getMany(['short', 'long', 'endless'])
      assertEqual(
        values.map((bytes) => bytes?.byteLength ?? null),
        [null, 1, 1],
        'the sizes',
      )
      if (store.capabilities.has('list')) {
        assertEqual((await listAll(store, {})).sort(), ['endless', 'long'], 'the keys')
      }
    },
  },
  {
    name: 'of the TTL of an old value nothing is left',
    needs: ['ttl', 'advance'],
    async run(subject) {
      const { store } = subject
      const ttlMs = ttlOf(store)
      await store.set('a', 'old', { ttlMs })
      await store.set('a', 'new')
      await store.set('b', 'old', { ttlMs })
      await store.set('b', 'new', { ttlMs: 100 * ttlMs })
      await store.set('c', 'old')
      await store.set('c', 'new', { ttlMs })
      await pass(subject, 1.25 * ttlMs)
      const values = [await readText(store, 'a'), await readText(store, 'b'), await readText(store, 'c')]
      assertEqual(values, ['new', 'new', null], 'the values')
    },
  },
  {
    name: 'a counter keeps the TTL that it was made with, unless it is refreshed',
    needs: ['ttl', 'advance', 'increment'],
    async run(subject) {
      const { store } = subject
      const ttlMs = ttlOf(store)
      const made = await store.increment('fixed', 1, { ttlMs })
      assertTrue(made.ttlMs !== null && made.ttlMs > 0 && made.ttlMs <= ttlMs, 'the TTL of a new counter')
      await store.increment('refreshed', 1, { ttlMs })
      await store.increment('freed', 1, { ttlMs })
      await store.increment('endless', 1)
      await pass(subject, ttlMs / 2)
      const later = await store.increment('fixed', 1, { ttlMs: 100 * ttlMs })
      assertTrue(later.ttlMs !== null && later.ttlMs > 0 && later.ttlMs <= ttlMs / 2, 'the rest of its TTL')
      const refreshed = await store.increment('refreshed', 1, { ttlMs, refreshTtl: true })
      assertTrue(refreshed.ttlMs !== null && refreshed.ttlMs > 0.6 * ttlMs, 'a TTL that began anew')
      assertEqual(
        (await store.increment('freed', 1, { refreshTtl: true })).ttlMs,
        null,
        'the TTL that was taken',
      )
      assertEqual(
        (await store.increment('endless', 1, { ttlMs })).ttlMs,
        null,
        'the TTL of an endless counter',
      )
      await pass(subject, 0.6 * ttlMs)
      const values = await store.getMany(['fixed', 'refreshed', 'freed', 'endless'])
      assertEqual(
        values.map((bytes) => bytes?.byteLength ?? null),
        [null, 1, 1, 1],
        'the sizes',
      )
      assertEqual((await store.increment('fixed', 1)).value, 1, 'a counter after its end')
    },
  },
  {
    name: 'a value that has ended is none for increment',
    needs: ['ttl', 'advance', 'increment'],
    async run(subject) {
      const { store } = subject
      const ttlMs = ttlOf(store)
      await store.set('a', 'no counter', { ttlMs })
      await store.set('b', '41', { ttlMs })
      await pass(subject, 1.25 * ttlMs)
      assertEqual(await store.increment('a', 1), { value: 1, ttlMs: null }, 'the counter')
      const again = await store.increment('b', 1, { ttlMs })
      assertTrue(
        again.value === 1 && again.ttlMs !== null && again.ttlMs > ttlMs / 2,
        'a new counter with a TTL',
      )
    },
  },
  {
    name: 'a value that has ended is none for compareAndSet, and what it writes ends as it says',
    needs: ['ttl', 'advance', 'compare-and-set'],
    async run(subject) {
      const { store } = subject
      const ttlMs = ttlOf(store)
      await store.set('ended', 'old', { ttlMs })
      await store.set('number', '5', { ttlMs })
      await store.set('kept', 'old', { ttlMs })
      assertTrue(await store.compareAndSet('kept', 'old', 'new'), 'the value to be written without TTL')
      assertTrue(await store.compareAndSet('lock', null, 'mine', { ttlMs }), 'the lock to be had')
      await pass(subject, 1.25 * ttlMs)
      assertEqual(await readText(store, 'kept'), 'new', 'the value without TTL')
      assertTrue(!(await store.compareAndSet('ended', 'old', 'new')), 'an ended value to be no old one')
      assertTrue(!(await store.compareAndSet('number', '5', '6')), 'an ended number to be no old one')
      assertTrue(await store.compareAndSet('ended', null, 'new', { ttlMs }), 'an ended value to be none')
      assertTrue(await store.compareAndSet('lock', null, 'yours', { ttlMs }), 'the lock to be free')
      assertTrue(!(await store.compareAndSet('lock', null, 'theirs', { ttlMs })), 'the lock to be taken')
      assertEqual(await readText(store, 'lock'), 'yours', 'the owner')
    },
  },
]

/** A TTL that the store takes and that real time passes soon, if it can be. */
function ttlOf(store: KeyValueStore): number {
  return Math.ceil(Math.max(1000, store.limits.minTtlMs) / store.limits.ttlStepMs) * store.limits.ttlStepMs
}
