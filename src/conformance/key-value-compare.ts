import type { KeyValueStore } from '../stores/key-value/contract.ts'
import { assertEqual, assertRejects, assertTrue } from './assert.ts'
import type { KeyValueCase } from './key-value-subject.ts'
import { atOnce, peerOf, readText } from './key-value-subject.ts'

/** Cases about compareAndSet. */
export const keyValueCompareCases: readonly KeyValueCase[] = [
  {
    name: 'compareAndSet writes what is expected to be there, and nothing else',
    needs: ['compare-and-set'],
    async run({ store }) {
      assertEqual(await store.compareAndSet('a', 'one', 'two'), false, 'the answer when there is none')
      assertEqual(await store.get('a'), null, 'what is there')
      assertEqual(await store.compareAndSet('a', null, 'one'), true, 'the answer to a new value')
      assertEqual(await store.compareAndSet('a', null, 'other'), false, 'the answer when there is one')
      assertEqual(await store.compareAndSet('a', 'on', 'other'), false, 'the answer to a part of it')
      assertEqual(await store.compareAndSet('a', 'one ', 'other'), false, 'the answer to more than it')
      assertEqual(await store.compareAndSet('a', 'ONE', 'other'), false, 'the answer to another case')
      assertEqual(await readText(store, 'a'), 'one', 'what stays')
      assertEqual(await store.compareAndSet('a', 'one', 'two'), true, 'the answer to the value')
      assertEqual(await readText(store, 'a'), 'two', 'what is there then')
    },
    async refuses({ store }) {
      await assertRejects(() => store.compareAndSet('a', null, 'one'), 'STORE_UNSUPPORTED')
      assertEqual(await store.get('a'), null, 'what is there')
    },
  },
  {
    name: 'compareAndSet deletes what is expected to be there, and nothing else',
    needs: ['compare-and-set'],
    async run({ store }) {
      await store.set('a', 'one')
      assertEqual(await store.compareAndSet('a', 'two', null), false, 'the answer to another value')
      assertEqual(await store.compareAndSet('a', null, null), false, 'the answer to none')
      assertEqual(await readText(store, 'a'), 'one', 'what stays')
      assertEqual(await store.compareAndSet('a', 'one', null), true, 'the answer to the value')
      assertEqual(await store.get('a'), null, 'what is there then')
      assertEqual(await store.compareAndSet('a', null, null), true, 'the answer to none when there is none')
      assertEqual(await store.get('a'), null, 'what is there at last')
    },
  },
  {
    name: 'compareAndSet with the same value twice says that it did',
    needs: ['compare-and-set'],
    async run({ store }) {
      await store.set('text', 'same')
      await store.set('number', '5')
      assertEqual(await store.compareAndSet('text', 'same', 'same'), true, 'the answer for text')
      assertEqual(await store.compareAndSet('number', '5', '5'), true, 'the answer for a number')
    },
  },
  {
    name: 'compareAndSet tells bytes, an empty value, numbers and none apart',
    needs: ['compare-and-set'],
    async run({ store }) {
      await store.set('empty', '')
      assertEqual(await store.compareAndSet('empty', null, 'x'), false, 'none for an empty value')
      assertEqual(await store.compareAndSet('none', '', 'x'), false, 'an empty value for none')
      assertEqual(await store.compareAndSet('empty', '', new Uint8Array([0, 255])), true, 'an empty value')
      assertEqual(await store.compareAndSet('empty', new Uint8Array([0]), 'x'), false, 'fewer bytes')
      assertEqual(await store.compareAndSet('empty', new Uint8Array([0, 255]), '5'), true, 'the same bytes')
      for (const other of ['05', '5.0', ' 5', '+5']) {
        assertEqual(await store.compareAndSet('empty', other, 'x'), false, `${other} for 5`)
      }
      assertEqual(await store.compareAndSet('empty', '5', '05'), true, 'a number')
      assertEqual(await store.compareAndSet('empty', '5', 'x'), false, '5 for 05')
      assertEqual(await store.compareAndSet('empty', '05', ''), true, 'text like a number')
      assertEqual(await store.get('empty'), new Uint8Array(0), 'the value')
    },
  },
  {
    name: 'compareAndSet and increment see each other',
    needs: ['compare-and-set', 'increment'],
    async run({ store }) {
      await store.increment('a', 5)
      assertEqual(await store.compareAndSet('a', '5', '10'), true, 'the answer to a counter')
      assertEqual((await store.increment('a', 1)).value, 11, 'the counter')
      assertEqual(await store.compareAndSet('a', '10', '0'), false, 'the answer to the counter before')
      assertEqual(await store.compareAndSet('a', '11', null), true, 'the answer to the counter')
    },
  },
  {
    name: 'of 50 that want what is not there, one gets it',
    needs: ['compare-and-set'],
    async run({ store }) {
      const won = await atOnce(50, (index) => store.compareAndSet('lock', null, `owner ${index}`))
      assertEqual(won.filter(Boolean).length, 1, 'the number of winners')
      assertEqual(await readText(store, 'lock'), `owner ${won.indexOf(true)}`, 'the owner')
    },
  },
  {
    name: 'of 50 that expect the same value, one writes',
    needs: ['compare-and-set'],
    async run({ store }) {
      await store.set('a', 'before')
      const won = await atOnce(50, (index) =>
        store.compareAndSet('a', 'before', index === 7 ? null : `after ${index}`),
      )
      assertEqual(won.filter(Boolean).length, 1, 'the number of winners')
      const index = won.indexOf(true)
      assertEqual(await readText(store, 'a'), index === 7 ? null : `after ${index}`, 'the value')
    },
  },
  {
    name: 'what two objects read, change and write back at once is not lost',
    needs: ['compare-and-set', 'shared', 'read-your-writes'],
    async run(subject) {
      const stores = [subject.store, peerOf(subject)]
      await subject.store.set('a', 'x')
      await atOnce(10, (index) => append(stores[index % 2] ?? subject.store, 'a'))
      assertEqual(await readText(subject.store, 'a'), 'x'.repeat(11), 'the value')
    },
  },
]

/** Appends one letter, however often others come before. */
async function append(store: KeyValueStore, key: string): Promise<void> {
  for (let round = 0; round < 1000; round += 1) {
    const text = await readText(store, key)
    if (await store.compareAndSet(key, text, `${text ?? ''}x`)) return
  }
  assertTrue(false, 'one of 1,000 rounds to succeed')
}
