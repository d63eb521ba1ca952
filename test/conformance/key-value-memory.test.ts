import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { bindKeyValueSuite } from './bind-key-value.ts'

bindKeyValueSuite('memory', async () => {
  let nowMs = 1_767_225_600_000
  const store = memoryKeyValue({ now: () => nowMs })
  return {
    store,
    peer: null,
    advance: async (ms) => void (nowMs += ms),
    close: () => store.close(),
  }
})
