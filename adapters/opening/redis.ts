import type { DiagnosticListener } from '../../src/diagnostics/index.ts'
import { HttpError, RockstarError } from '../../src/errors/index.ts'
import type { ConnectionUrl } from '../../src/platform/index.ts'
import type { KeyValueStore } from '../../src/stores/key-value/index.ts'
import type { PubSub } from '../../src/stores/pubsub/index.ts'
import type { RedisClientLike, RedisSubscriberLike } from '../../src/stores/redis.ts'
import { redisKeyValue, redisPubSub } from '../../src/stores/redis.ts'

/** How long the opening of a connection may take, in milliseconds. */
const connectMs = 5000

/** A client of the package `redis`, as far as it is used here. */
interface Client extends RedisClientLike, RedisSubscriberLike {
  connect(): Promise<unknown>
  destroy(): void
  on(event: string, listener: (error: unknown) => void): unknown
}

/** The stores over one server. */
export interface RedisStores {
  keyValue(): Promise<KeyValueStore>
  pubSub(): Promise<PubSub>
}

/** Stores over the server that `REDIS_URL` names, each with connections of its own that close with it. */
export function openRedisStores({ value, location }: ConnectionUrl, log: DiagnosticListener): RedisStores {
  async function connect(): Promise<Client> {
    const { createClient } = await importRedis()
    const client = createClient({
      url: value,
      socket: { connectTimeout: connectMs, reconnectStrategy: false },
    })
    // Without a listener Node's events make an exception of it.
    client.on('error', (error) => {
      const message = `Redis at ${location}: ${error instanceof Error ? error.message : String(error)}`
      log({ kind: 'store.failed', level: 'warn', message: message.slice(0, 500), error })
    })
    try {
      await client.connect()
    } catch (cause) {
      throw new HttpError(
        503,
        'STORE_FAILED',
        `Expected to reach Redis at ${location}; check that it runs and REDIS_URL`,
        { cause, headers: { 'retry-after': '5' } },
      )
    }
    return client
  }

  return {
    async keyValue(): Promise<KeyValueStore> {
      const { Buffer: buffer } = await import('node:buffer')
      const client = await connect()
      const store = redisKeyValue(client, { buffer })
      return closing(store, () => client.destroy())
    },
    async pubSub(): Promise<PubSub> {
      const { Buffer: buffer } = await import('node:buffer')
      const publisher = await connect()
      const subscriber = await connect()
      const store = redisPubSub({ publisher, subscriber, buffer })
      return closing(store, () => {
        publisher.destroy()
        subscriber.destroy()
      })
    },
  }
}

/** The same store, that closes its clients after itself. */
function closing<Store extends { close(): Promise<void> }>(store: Store, closeClients: () => void): Store {
  const close = store.close.bind(store)
  let closed: Promise<void> | null = null
  store.close = () => {
    closed ??= close().finally(closeClients)
    return closed
  }
  return store
}

interface RedisModule {
  createClient(options: {
    readonly url: string
    readonly socket: { readonly connectTimeout: number; readonly reconnectStrategy: false }
  }): Client
}

async function importRedis(): Promise<RedisModule> {
  try {
    const module: unknown = await import('redis')
    // Its own types are wider than what is used of it.
    return module as RedisModule
  } catch (cause) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      'Expected the package redis for REDIS_URL; install it with npm install redis',
      { cause },
    )
  }
}
