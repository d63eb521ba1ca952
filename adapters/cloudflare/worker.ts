import { RockstarError } from '../../src/errors/index.ts'
import type { WorkerPlatform } from './bound.ts'
import type { Bindings, DurableObjectNamespaceLike, EventContextLike, FetcherLike } from './cloudflare.ts'
import type {
  EmailMessage,
  EventContext,
  EventHandler,
  EventHandlers,
  QueueBatch,
  ScheduledEvent,
} from './events.ts'
import { logLine } from './log.ts'
import type { CloudflarePlatformOptions } from './platform.ts'
import { withoutBody } from './response.ts'
import type { Site, WorkerApp } from './site.ts'
import { createSites, refuseStart, startSite } from './site.ts'

/** Options of `worker`. */
export interface WorkerOptions extends CloudflarePlatformOptions, EventHandlers {
  /**
   * The room that the socket of a handshake lives in, 1 to 1,024 characters; null for this isolate. Needs a binding for
   * `rooms`, to the class that `roomObject` makes. Default: always this isolate.
   *
   * Security: it is asked before the app, whose middleware runs in the room. Give null for names that cannot be, or
   * anybody can make rooms without end.
   */
  readonly rooms?: (request: Request) => string | null
}

/** What a Worker's module exports as its default. */
export interface WorkerModule<Env extends object = Bindings> {
  fetch(request: Request, env: Env, context: EventContextLike): Response | Promise<Response>
  readonly scheduled?: (event: ScheduledEvent, env: Env, context: EventContextLike) => Promise<void>
  readonly queue?: (batch: QueueBatch, env: Env, context: EventContextLike) => Promise<void>
  readonly email?: (message: EmailMessage, env: Env, context: EventContextLike) => Promise<void>
}

const maxRoomName = 1024

/**
 * Makes of an app what a Worker exports: `export default worker(app)`. The app starts with the first event, and every
 * event after a start that failed tries again; until then requests are answered with 503. Nothing happens before.
 *
 * An app that is given belongs to the first `env` that comes; events with another one fail. Give a function, which makes
 * an app for each: `worker((env) => createApp())`.
 */
export function worker<Env extends object = Bindings>(
  app: WorkerApp<Env>,
  options: WorkerOptions = {},
): WorkerModule<Env> {
  const siteOf = createSites(app, options)
  const { rooms, log = logLine } = options

  function fetch(request: Request, env: Env, context: EventContextLike): Response | Promise<Response> {
    let site: Site
    let platform: WorkerPlatform
    try {
      site = siteOf(env)
      platform = site.platformOf(context)
      const room = rooms === undefined ? null : findRoom(request, rooms, platform.bindings.rooms)
      if (room !== null) return room.fetch(request)
    } catch (error) {
      return refuseStart(error, log)
    }
    // A start must outlive the request that it began with: when a client goes away, what its request waits for never ends.
    if (!site.isStarted) context.waitUntil(startSite(site, platform).catch(() => undefined))
    const answer = site.app.fetch(request, platform)
    if (request.method !== 'HEAD') return answer
    return answer instanceof Promise ? answer.then(withoutBody) : withoutBody(answer)
  }

  function handle<Event>(
    handler: EventHandler<Event>,
  ): (event: Event, env: Env, context: EventContextLike) => Promise<void> {
    return async (event, env, context) => {
      const site = siteOf(env)
      const platform = site.platformOf(context)
      await startSite(site, platform)
      const ctx: EventContext = { platform, env: platform.env, waitUntil: (work) => platform.waitUntil(work) }
      await handler(event, ctx)
    }
  }

  const { scheduled, queue, email } = options
  return {
    fetch,
    ...(scheduled !== undefined && { scheduled: handle(scheduled) }),
    ...(queue !== undefined && { queue: handle(queue) }),
    ...(email !== undefined && { email: handle(email) }),
  }
}

/** The Durable Object that a handshake goes to; null for a request that stays here. */
function findRoom(
  request: Request,
  rooms: (request: Request) => string | null,
  namespace: DurableObjectNamespaceLike | null,
): FetcherLike | null {
  if (namespace === null) {
    throw new RockstarError(
      'OPTIONS_INVALID',
      'Expected a binding named ROOMS to the class that roomObject() makes, got none; add it to wrangler.toml, or leave the option rooms out',
    )
  }
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') return null
  const name = rooms(request)
  if (name === null) return null
  if (name === '' || name.length > maxRoomName) {
    throw new RangeError(`Expected a name of a room of 1 to ${maxRoomName} characters, got ${name.length}`)
  }
  return namespace.get(namespace.idFromName(name))
}
