import type { KeyValueStore } from './contract.ts'

/** Is `value` a `KeyValueStore`, of this or another copy of the package? */
export function isKeyValueStore(value: unknown): value is KeyValueStore {
  return (
    typeof value === 'object' &&
    value !== null &&
    'capabilities' in value &&
    'limits' in value &&
    'getMany' in value &&
    typeof value.getMany === 'function' &&
    'compareAndSet' in value &&
    typeof value.compareAndSet === 'function'
  )
}
