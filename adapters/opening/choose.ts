import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import type { PlatformStores, StoreChoice } from '../../src/platform/index.ts'
import type { KeyValueStore } from '../../src/stores/key-value/index.ts'
import { memoryKeyValue } from '../../src/stores/key-value/index.ts'
import { memoryPubSub } from '../../src/stores/pubsub/index.ts'
import { describeChoices, readRedisUrl } from '../process/index.ts'
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
  const url = readRedisUrl(env)
  const redis = url === null ? null : openRedisStores(url, log)
  return {
    choices: describeChoices(env, sql.choice, keyValue?.choice),
    sql: sql.open,
    keyValue: redis?.keyValue ?? keyValue?.open ?? (async () => openMemory(log)),
    pubSub: redis?.pubSub ?? (async () => memoryPubSub()),
  }
}

function openMemory(log: DiagnosticListener): KeyValueStore {
  logOpened(log, 'Key-value store', 'memory', 'set REDIS_URL to keep it')
  return memoryKeyValue()
}
