import type { CoreContext } from '../context/contract.ts'
import type { Diagnostics } from '../diagnostics/index.ts'
import { RockstarError } from '../errors/index.ts'
import type { Platform } from '../platform/index.ts'
import type { PubSub } from '../stores/pubsub/index.ts'
import { isPubSub } from '../stores/pubsub/index.ts'
import type { Realtime, RealtimeOptions, RealtimeService } from './contract.ts'
import { Hub } from './hub.ts'
import { Rooms } from './rooms.ts'

/** What a hub needs to know of its app. */
export interface HubHost {
  readonly platform: Platform
  readonly diagnostics: Diagnostics
}

/**
 * Makes the service behind `ctx.realtime`: `createApp({ services: { …, realtime: realtime() } })`. All WebSockets and
 * event streams of the app belong to it, and are closed when the app stops. `OPTIONS_INVALID` for options that cannot
 * be meant.
 */
export function realtime(options: RealtimeOptions = {}): RealtimeService {
  const { channelPrefix = defaultPrefix } = options
  if (!/^[^\0]{1,100}$/.test(channelPrefix)) {
    throw new RockstarError('OPTIONS_INVALID', 'Expected channelPrefix of 1 to 100 characters without NUL')
  }
  let hub: Hub | null = null
  let opened: Promise<PubSub | null> | null = null

  function serve(ctx: CoreContext): Realtime {
    return (hub ??= create(ctx))
  }

  function create({ platform, diagnostics }: HubHost): Hub {
    const openPubSub = (): Promise<PubSub | null> => {
      if (options.pubSub !== undefined) return Promise.resolve(options.pubSub)
      opened = openShared(platform)
      return opened
    }
    const { random } = platform
    const rooms = new Rooms({ diagnostics, random, channelPrefix, openPubSub })
    return new Hub({ platform, diagnostics, rooms })
  }

  async function stop(): Promise<void> {
    const stopped = hub
    const channel = opened
    hub = null
    opened = null
    await stopped?.close()
    const pubSub = await channel?.catch(() => null)
    await pubSub?.close()
  }

  return Object.assign(serve, { start: (host: HubHost) => void (hub = create(host)), stop })
}

/** Rooms of WebSockets for whoever answers a request: those of the service `realtime`. */
export function rooms(ctx: CoreContext): Realtime {
  const found = hubOf(ctx)
  if (found !== null) return found
  throw new RockstarError(
    'OPTIONS_INVALID',
    'Expected the service realtime; add `realtime: realtime()` to the services of createApp',
  )
}

/** The hub of the app's service, or null where it has none. */
export function hubOf(ctx: CoreContext): Hub | null {
  const found: unknown = 'realtime' in ctx ? ctx.realtime : null
  return found instanceof Hub ? found : null
}

/** A hub for endpoints of an app without the service: rooms of this process. */
export function createOwnHub({ platform, diagnostics }: HubHost): Hub {
  const openPubSub = (): Promise<null> => Promise.resolve(null)
  const { random } = platform
  return new Hub({
    platform,
    diagnostics,
    rooms: new Rooms({ diagnostics, random, channelPrefix: defaultPrefix, openPubSub }),
  })
}

const defaultPrefix = 'rockstar:room:'

/** What the platform offers, if it reaches further than this process. */
async function openShared({ stores }: Platform): Promise<PubSub | null> {
  const pubSub = await stores.pubSub?.()
  if (!isPubSub(pubSub)) return null
  if (pubSub.capabilities.has('shared')) return pubSub
  await pubSub.close()
  return null
}
