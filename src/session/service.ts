import type { CoreContext } from '../context/contract.ts'
import type { KeyRing } from '../crypto/index.ts'
import { createKeyRing } from '../crypto/index.ts'
import { isRockstarError, RockstarError } from '../errors/index.ts'
import type { Platform } from '../platform/contract.ts'
import type { KeyValueStore } from '../stores/key-value/contract.ts'
import { isKeyValueStore } from '../stores/key-value/index.ts'
import type { Session, SessionHost, SessionOptions, SessionService, SessionStore } from './contract.ts'
import type { ResolvedOptions } from './options.ts'
import { resolveOptions } from './options.ts'
import { createSession } from './session.ts'
import { cookieSessions } from './stores/cookie.ts'
import { keyValueSessions } from './stores/key-value.ts'

/** What whoever puts the service into a table may add. */
export interface SessionWiring {
  /** The app's keys, for sealed cookies without `secrets` of their own. Default: none. */
  readonly keys?: KeyRing | null
  /**
   * `start`: the start opens the store, and fails when it cannot do what the options want. `use`: the first request
   * that touches its session does. Default: `start`.
   */
  readonly openAt?: 'start' | 'use'
}

/** An open store, and whether closing it is up to us. */
interface Opened {
  readonly store: SessionStore
  readonly isOwn: boolean
}

/**
 * Makes the service behind `ctx.session`: `createApp({ services: { …, session: createSessionService<Data>() } })`.
 * `OPTIONS_INVALID` and `SECRET_MISSING` for options that cannot be used. The start is `STORE_UNSUPPORTED` with a store
 * that cannot do what they want.
 */
export function createSessionService<Data extends object = Record<string, unknown>>(
  options: SessionOptions = {},
  wiring: SessionWiring = {},
): SessionService<Data> {
  const resolved = resolveOptions(options)
  const keys = options.secrets === undefined ? (wiring.keys ?? null) : createKeyRing(options.secrets)
  if (options.store === 'cookie' && keys === null) {
    throw new RockstarError(
      'SECRET_MISSING',
      'Expected secrets for sessions in cookies, none is configured; set the option secrets',
    )
  }
  let opened: Promise<Opened> | null = null

  function open(platform: Platform): Promise<Opened> {
    const opening = (opened ??= openStore(platform, options, resolved, keys))
    // One that failed is tried again by the next request.
    opening.catch(() => {
      if (opened === opening) opened = null
    })
    return opening
  }

  function serve(ctx: CoreContext): Session<Data> {
    return createSession<Data>(ctx, resolved, async () => (await open(ctx.platform)).store)
  }

  async function start({ platform }: SessionHost): Promise<void> {
    if (wiring.openAt !== 'use') await open(platform)
  }

  async function stop(): Promise<void> {
    const stopped = opened
    opened = null
    const found = await stopped?.catch(() => null)
    if (found?.isOwn === true) await found.store.close()
  }

  return Object.assign(serve, { start, stop })
}

async function openStore(
  platform: Platform,
  options: SessionOptions,
  resolved: ResolvedOptions,
  keys: KeyRing | null,
): Promise<Opened> {
  const parts = { options: resolved, clock: platform.clock, random: platform.random }
  if (options.store === 'cookie' && keys !== null) {
    const store = cookieSessions({ ...parts, keys, revocations: options.revocations ?? null })
    return { store, isOwn: false }
  }
  if (isKeyValueStore(options.store)) return { store: keyValueSessions(options.store, parts), isOwn: false }
  const store = await openKeyValue(
    typeof options.store === 'function' ? options.store : platform.stores.keyValue,
  )
  if (!isKeyValueStore(store)) throw noStoreError()
  return { store: await checked(store, () => keyValueSessions(store, parts)), isOwn: true }
}

async function openKeyValue(opener: (() => Promise<unknown>) | undefined): Promise<unknown> {
  try {
    return await opener?.()
  } catch (error) {
    if (isRockstarError(error)) throw error
    throw new RockstarError('STORE_FAILED', 'Expected the store of the sessions to open, it did not', {
      cause: error,
    })
  }
}

/** Closes a store that was opened in vain. */
async function checked(store: KeyValueStore, make: () => SessionStore): Promise<SessionStore> {
  try {
    return make()
  } catch (error) {
    await store.close()
    throw error
  }
}

function noStoreError(): RockstarError {
  return new RockstarError(
    'OPTIONS_INVALID',
    'Expected a key-value store for the sessions, this platform offers none; set the option store of the sessions, to memoryKeyValue() for one process',
  )
}
