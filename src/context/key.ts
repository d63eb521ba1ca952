import type { StateKey } from './contract.ts'

/** Makes a typed key for `ctx.get` and `ctx.set`. Two keys never meet, even with the same name. */
export function stateKey<Value>(name: string): StateKey<Value> {
  return { name }
}
