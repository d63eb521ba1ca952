import { expect, it } from 'vitest'
import { isKeyValueStore, memoryKeyValue } from '../../../src/stores/key-value/index.ts'
import { isPubSub, memoryPubSub } from '../../../src/stores/pubsub/index.ts'

it('isKeyValueStore() and isPubSub() tell stores from each other and from all else', () => {
  const [keyValue, pubSub] = [memoryKeyValue(), memoryPubSub()]
  expect([keyValue, pubSub, null, undefined, {}, 'text'].map(isKeyValueStore)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ])
  expect([pubSub, keyValue, null, undefined, {}, 'text'].map(isPubSub)).toEqual([
    true,
    false,
    false,
    false,
    false,
    false,
  ])
})
