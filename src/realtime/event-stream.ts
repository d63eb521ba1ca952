import type { CoreContext } from '../context/contract.ts'
import type { EventStream, EventStreamOptions } from './contract.ts'
import { rangeProblems, throwProblems } from './options.ts'
import { OpenStream } from './open-stream.ts'
import { hubOf } from './realtime.ts'

/** The options, complete. */
export interface StreamSettings extends Required<Omit<EventStreamOptions, 'retryMs'>> {
  readonly retryMs: number | null
}

const fields = [
  'content-type',
  'text/event-stream',
  'cache-control',
  'no-store',
  // nginx would collect the events otherwise.
  'x-accel-buffering',
  'no',
]

/**
 * Answers with a stream of events (HTML Standard §9.2): `run` gets the stream, and sends events as long as it is open,
 * also after it has returned. What it throws or rejects with is reported as `event-stream.failed` and ends the stream.
 * The stream ends when the client goes away, and when the app stops or its server drains; a browser connects again then.
 *
 * `OPTIONS_INVALID` for options that cannot be meant, `SERVER_STOPPING` (503) while the app stops.
 */
export function eventStream(
  ctx: CoreContext,
  run: (stream: EventStream) => void | Promise<unknown>,
  options: EventStreamOptions = {},
): Response {
  const settings = resolveStreamOptions(options)
  const hub = hubOf(ctx)
  hub?.assertOpen()
  // RFC 9110 §9.3.2: HEAD tells the fields; nothing begins.
  if (ctx.method === 'HEAD') return ctx.platform.createResponse(null, 200, fields)
  const stream = new OpenStream({ ctx, hub, settings })
  stream.begin(run)
  return ctx.platform.createResponse(stream.body, 200, fields)
}

function resolveStreamOptions(options: EventStreamOptions): StreamSettings {
  const settings: StreamSettings = {
    heartbeatMs: options.heartbeatMs ?? 15_000,
    retryMs: options.retryMs ?? null,
    highWaterBytes: options.highWaterBytes ?? 65_536,
    maxBufferedBytes: options.maxBufferedBytes ?? 1_048_576,
    whenSlow: options.whenSlow ?? 'close',
  }
  throwProblems('Event stream', rangeProblems(settings))
  return settings
}
