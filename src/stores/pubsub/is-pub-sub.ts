import type { PubSub } from './contract.ts'

/** Is `value` a `PubSub`, of this or another copy of the package? */
export function isPubSub(value: unknown): value is PubSub {
  return (
    typeof value === 'object' &&
    value !== null &&
    'capabilities' in value &&
    'limits' in value &&
    'publish' in value &&
    typeof value.publish === 'function' &&
    'subscribe' in value &&
    typeof value.subscribe === 'function'
  )
}
