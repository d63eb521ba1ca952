import { isHttpError } from '../../src/errors/index.ts'
import type { ServableApp } from '../../src/server/index.ts'
import type { LambdaContext } from './deadline.ts'
import { Deadline } from './deadline.ts'
import type { KnownEvent } from './event.ts'
import type { Incoming } from './incoming.ts'
import { isDamaged, readEvent } from './incoming.ts'
import { installStandIns } from './natives.ts'
import type { ResolvedOptions } from './options.ts'
import type { EventPlatform, LambdaPlatform } from './platform.ts'
import { forEvent } from './platform.ts'
import { asRequest, LambdaRequest } from './request.ts'
import type { Captured } from './response.ts'
import { capture } from './response.ts'

/** What all events of one handler share. */
export interface Shared {
  readonly app: ServableApp
  readonly platform: LambdaPlatform
  readonly options: ResolvedOptions
}

/** One HTTP event under way. */
export interface Exchange {
  readonly known: KnownEvent
  readonly incoming: Incoming
  readonly deadline: Deadline
  readonly platform: EventPlatform
}

/** Begins an event. `TypeError` for one that no gateway makes. */
export function beginExchange(known: KnownEvent, context: LambdaContext, shared: Shared): Exchange {
  // An answer must not wait for what a pool keeps open.
  context.callbackWaitsForEmptyEventLoop = false
  installStandIns()
  const deadline = new Deadline(context, shared.options.marginMs)
  const incoming = readEvent(known, shared.options)
  const platform = forEvent(shared.platform)
  if (isDamaged(known, incoming.headers))
    platform.log({
      kind: 'lambda.body-damaged',
      level: 'warn',
      message:
        'A body that is no text came as text, with bytes replaced; add its media type to the binary media types of the gateway',
    })
  return { known, incoming, deadline, platform }
}

/** Hands the request to the app. Rejects with `HANDLER_TIMEOUT` when it takes too long. */
export async function ask({ incoming, deadline, platform }: Exchange, app: ServableApp): Promise<Captured> {
  const response = app.fetch(asRequest(new LambdaRequest(incoming, deadline)), platform)
  return capture('then' in response ? await deadline.bound(response) : response)
}

/** Waits for the work that goes on after the answer, as long as the time lasts. Nothing of the event runs on. */
export async function endExchange({ deadline, platform }: Exchange): Promise<void> {
  const left = await platform.idle(deadline)
  deadline.end()
  if (left === 0) return
  platform.log({
    kind: 'work.cut',
    level: 'error',
    message: `${left} pieces of work after a response had not ended shortly before the timeout of the function`,
    fields: { left },
  })
}

/** The status and code of what the client gets when there is no answer of the app; one line of the log says why. */
export function failureOf(error: unknown, { platform }: Exchange): { status: number; code: string } {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `The answer could not be sent: ${reason.slice(0, 500)}`
  platform.log({ kind: 'response.failed', level: 'error', message, error })
  return isHttpError(error) && error.code === 'HANDLER_TIMEOUT'
    ? { status: 504, code: error.code }
    : { status: 500, code: 'INTERNAL' }
}
