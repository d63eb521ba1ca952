import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { ConnectionUrl, PlatformStores, StoreChoice, StoreRole } from '../../src/platform/index.ts'
import { readConnectionUrl } from '../../src/platform/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { memoryPubSub } from '../../src/stores/pubsub/index.ts'
import { openRedisStores } from './redis.ts'
import { logOpened } from './sqlite.ts'

/** A store that a runtime offers by itself, when the environment names none. */
export interface EmbeddedStore {
  readonly choice: StoreChoice
  readonly open: () => Promise<unknown>
}

/** What a runtime brings to the choice of its stores. */
export interface StoreSources {
  readonly env: Readonly<Record<string, unknown>>
  readonly log: DiagnosticListener
  readonly sql: EmbeddedStore
  /** Instead of memory, where there is no `REDIS_URL`. Default: memory. */
  readonly keyValue?: EmbeddedStore | null
}

/**
 * The stores of a long-running process, each opened on first use:
 *
 * - `sql`: what the runtime chose
 * - `keyValue`: `REDIS_URL`, else the runtime's own, else memory
 * - `pubSub`: `REDIS_URL`, else this process
 *
 * `OPTIONS_INVALID` for a `REDIS_URL` with another scheme than `redis:` and `rediss:`.
 */
export function chooseStores({ env, keyValue = null, log, sql }: StoreSources): PlatformStores {
  const url = readConnectionUrl(env, 'REDIS_URL', ['redis', 'rediss'])
  const redis = url === null ? null : openRedisStores(url, log)
  const own = keyValue ?? {
    choice: memoryChoice('keyValue'),
    open: async () => {
      logOpened(log, 'Key-value store', 'memory', 'set REDIS_URL to keep it')
      return memoryKeyValue()
    },
  }
  return {
    choices: [
      sql.choice,
      url === null ? own.choice : redisChoice('keyValue', url),
      url === null ? memoryChoice('pubSub') : redisChoice('pubSub', url),
    ],
    sql: sql.open,
    keyValue: redis?.keyValue ?? own.open,
    pubSub: redis?.pubSub ?? (async () => memoryPubSub()),
  }
}

function memoryChoice(role: StoreRole): StoreChoice {
  return { role, store: 'memory', source: 'default', location: 'memory', volatile: true }
}

function redisChoice(role: StoreRole, { location }: ConnectionUrl): StoreChoice {
  return { role, store: 'redis', source: 'REDIS_URL', location, volatile: false }
}
