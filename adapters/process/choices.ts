import type { ConnectionUrl, StoreChoice, StoreRole } from '../../src/platform/index.ts'
import { readConnectionUrl } from '../../src/platform/index.ts'

/** The server that `REDIS_URL` names, or null. `OPTIONS_INVALID` for another scheme than `redis:` and `rediss:`. */
export function readRedisUrl(env: Readonly<Record<string, unknown>>): ConnectionUrl | null {
  return readConnectionUrl(env, 'REDIS_URL', ['redis', 'rediss'])
}

/** What is chosen for each role, without opening or loading anything. */
export function describeChoices(
  env: Readonly<Record<string, unknown>>,
  sql: StoreChoice,
  keyValue: StoreChoice | null = null,
): readonly StoreChoice[] {
  const url = readRedisUrl(env)
  return [
    sql,
    url === null ? (keyValue ?? memoryChoice('keyValue')) : redisChoice('keyValue', url),
    url === null ? memoryChoice('pubSub') : redisChoice('pubSub', url),
  ]
}

function memoryChoice(role: StoreRole): StoreChoice {
  return { role, store: 'memory', source: 'default', location: 'memory', volatile: true }
}

function redisChoice(role: StoreRole, { location }: ConnectionUrl): StoreChoice {
  return { role, store: 'redis', source: 'REDIS_URL', location, volatile: false }
}
