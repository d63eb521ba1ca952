import type { KeyValueOptions, KeyValueStore } from '../stores/key-value/contract.ts'
import { assertEqual, assertRejects } from './assert.ts'
import type { KeyValueCase } from './key-value-subject.ts'
import { eventually, peerOf, readText } from './key-value-subject.ts'
import { assertOutOfRange } from './key-value-values.ts'

/** Cases about waits: aborts, timeouts and the end. */
export const keyValueWaitCases: readonly KeyValueCase[] = [
  {
    name: 'a signal that is aborted already keeps everything from happening',
    async run(subject) {
      const { store } = subject
      await store.set('a', 'before')
      const signal = AbortSignal.abort(Object.assign(new Error('gone'), { code: 'GONE' }))
      for (const call of calls(store, { signal })) await assertRejects(call, 'GONE', 'STORE_UNSUPPORTED')
      await eventually(subject, async () => assertEqual(await readText(store, 'a'), 'before', 'the value'))
    },
  },
  {
    name: 'an abort while it waits rejects with its reason, or comes too late',
    async run({ store }) {
      const abort = new AbortController()
      const reason = new Error('gone')
      const outcomes = [
        store.set('a', 'x', { signal: abort.signal }),
        store.get('a', { signal: abort.signal }),
      ]
      abort.abort(reason)
      for (const outcome of await Promise.allSettled(outcomes)) {
        if (outcome.status === 'rejected') assertEqual(outcome.reason === reason, true, 'the reason')
      }
      await store.set('b', 'x')
    },
  },
  {
    name: 'a timeout out of range is refused',
    async run({ store }) {
      for (const timeoutMs of [0, -1, 2 ** 31, Number.NaN]) {
        await assertOutOfRange(() => store.get('a', { timeoutMs }))
        await assertOutOfRange(() => store.set('a', 'x', { timeoutMs }))
      }
      assertEqual(await store.get('a', { timeoutMs: 60_000 }), null, 'what is there')
    },
  },
  {
    name: 'a closed store refuses everything',
    async run({ store }) {
      await store.set('a', 'x')
      await store.close()
      for (const call of calls(store, {})) await assertRejects(call, 'STORE_CLOSED', 'STORE_UNSUPPORTED')
      await assertRejects(() => store.get('a'), 'STORE_CLOSED')
      await assertRejects(() => store.set('a', 'x'), 'STORE_CLOSED')
    },
  },
  {
    name: 'closing twice is closing once',
    async run({ store }) {
      await Promise.all([store.close(), store.close()])
      await store.close()
      await assertRejects(() => store.get('a'), 'STORE_CLOSED')
    },
  },
  {
    name: 'closing one object leaves the data, and the others over it',
    needs: ['shared'],
    async run(subject) {
      const peer = peerOf(subject)
      await subject.store.set('a', 'x')
      await subject.store.close()
      await eventually(subject, async () => assertEqual(await readText(peer, 'a'), 'x', 'the value'))
    },
  },
]

/** Every method once. */
function calls(store: KeyValueStore, options: KeyValueOptions): readonly (() => Promise<unknown>)[] {
  return [
    () => store.get('a', options),
    () => store.getMany(['a'], options),
    () => store.set('a', 'after', options),
    () => store.delete('a', options),
    () => store.increment('counter', 1, options),
    () => store.compareAndSet('a', 'before', 'after', options),
    () => store.list(options),
  ]
}
