import type { DenoApi } from './deno.ts'
import { isPermitted } from './deno.ts'

/**
 * The environment, as far as the permissions go, without ever asking for one: with `--allow-env` all of it, read once;
 * with `--allow-env=NAME,…` those names, read when they are asked for; without, nothing.
 */
export function readEnvironment(deno: DenoApi): Readonly<Record<string, unknown>> {
  if (isPermitted(deno, { name: 'env' })) return Object.freeze(deno.env.toObject())
  function read(name: string | symbol): string | undefined {
    if (typeof name !== 'string' || name === '' || /[=\0]/.test(name)) return undefined
    return isPermitted(deno, { name: 'env', variable: name }) ? deno.env.get(name) : undefined
  }
  return new Proxy<Record<string, unknown>>(Object.create(null), {
    get: (_target, name) => read(name),
    has: (_target, name) => read(name) !== undefined,
    getOwnPropertyDescriptor(_target, name) {
      const value = read(name)
      return value === undefined ? undefined : { value, configurable: true, enumerable: true }
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  })
}
