import { assertEqual, assertRejects } from './assert.ts'
import type { KeyValueCase } from './key-value-subject.ts'
import { atOnce, peerOf, readText } from './key-value-subject.ts'
import { assertOutOfRange } from './key-value-values.ts'

/** Cases about counters. */
export const keyValueCounterCases: readonly KeyValueCase[] = [
  {
    name: 'a counter begins at 0, goes up and down, and is read as its digits',
    needs: ['increment'],
    async run({ store }) {
      assertEqual(await store.increment('a', 1), { value: 1, ttlMs: null }, 'the first')
      assertEqual((await store.increment('a', 41)).value, 42, 'the second')
      assertEqual(await readText(store, 'a'), '42', 'the value')
      assertEqual((await store.increment('a', -50)).value, -8, 'the third')
      assertEqual(await readText(store, 'a'), '-8', 'the value below 0')
      assertEqual((await store.increment('a', 0)).value, -8, 'a step of 0')
      assertEqual((await store.increment('b', 0)).value, 0, 'a new counter with a step of 0')
      assertEqual((await store.increment('c', -0)).value, 0, 'a new counter with a step of -0')
      const read = [await readText(store, 'b'), await readText(store, 'c')]
      assertEqual(read, ['0', '0'], 'what is there')
    },
    async refuses({ store }) {
      await assertRejects(() => store.increment('a', 1), 'STORE_UNSUPPORTED')
      assertEqual(await store.get('a'), null, 'what is there')
    },
  },
  {
    name: 'an integer that was set can be incremented, and a counter can be set and deleted',
    needs: ['increment'],
    async run({ store }) {
      await store.set('a', '-7')
      assertEqual((await store.increment('a', 10)).value, 3, 'the counter')
      await store.set('a', 'text')
      assertEqual(await readText(store, 'a'), 'text', 'the value in its place')
      await store.increment('b', 5)
      await store.delete('b')
      assertEqual((await store.increment('b', 1)).value, 1, 'the counter after its deletion')
    },
  },
  {
    name: 'what is no integer is not incremented, and stays',
    needs: ['increment'],
    async run({ store }) {
      for (const text of [
        '',
        'x',
        '007',
        '1.0',
        '+1',
        '-',
        '-0',
        ' 1',
        '1 ',
        '1e3',
        '1\n',
        '٣',
        '9007199254740993',
      ]) {
        await store.set('a', text)
        await assertRejects(() => store.increment('a', 1), 'STORE_COUNTER')
        assertEqual(await readText(store, 'a'), text, 'the value')
      }
      await store.set('a', new Uint8Array([0xff, 0x31]))
      await assertRejects(() => store.increment('a', 1), 'STORE_COUNTER')
    },
  },
  {
    name: 'a counter does not leave ±(2^53-1)',
    needs: ['increment'],
    async run({ store }) {
      const most = Number.MAX_SAFE_INTEGER
      assertEqual((await store.increment('a', most)).value, most, 'the counter at its most')
      await assertRejects(() => store.increment('a', 1), 'STORE_COUNTER')
      await assertRejects(() => store.increment('a', most), 'STORE_COUNTER')
      assertEqual(await readText(store, 'a'), String(most), 'what stays')
      assertEqual((await store.increment('a', -most)).value, 0, 'the counter at 0')
      assertEqual((await store.increment('a', -most)).value, -most, 'the counter at its least')
      await assertRejects(() => store.increment('a', -1), 'STORE_COUNTER')
      assertEqual(await readText(store, 'a'), String(-most), 'what stays below 0')
      for (const by of [0.5, Number.NaN, Infinity, 2 ** 53])
        await assertOutOfRange(() => store.increment('a', by))
    },
  },
  {
    name: 'of 50 increments at once none is lost, and each gives another number',
    needs: ['increment'],
    async run({ store }) {
      const counts = await atOnce(50, () => store.increment('a', 1))
      const values = counts.map(({ value }) => value).sort((left, right) => left - right)
      assertEqual(
        values,
        values.map((_, index) => index + 1),
        'the numbers',
      )
      assertEqual(await readText(store, 'a'), '50', 'the value')
    },
  },
  {
    name: 'increments through two objects at once are all counted',
    needs: ['increment', 'shared'],
    async run(subject) {
      const stores = [subject.store, peerOf(subject)]
      const counts = await atOnce(50, (index) => (stores[index % 2] ?? subject.store).increment('a', 1))
      assertEqual(new Set(counts.map(({ value }) => value)).size, 50, 'the number of numbers')
      assertEqual(await readText(subject.store, 'a'), '50', 'the value')
    },
  },
]
