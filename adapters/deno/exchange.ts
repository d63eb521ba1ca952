import type { Platform } from '../../src/platform/index.ts'
import type { Activity, ServableApp } from '../../src/server/index.ts'
import type { DenoHandler, DenoServeInfo } from './deno.ts'
import type { Connection, Watch } from './request.ts'
import { connect } from './request.ts'
import { OwnResponse } from './response.ts'

/** The requests of one server that are under way. */
export interface Exchanges {
  readonly handle: DenoHandler
  /** Answers those whose handlers still run with a bare 503; what they answer later is dropped. */
  cut(): void
}

/**
 * Hands requests to the app and its answers back, and counts those that run: a request whose answer is there at once
 * and as a whole never does. An answer that is a stream runs until Deno says that it has been sent.
 */
export function createExchanges(app: ServableApp, platform: Platform, activity: Activity): Exchanges {
  const waiting = new Set<(response: Response) => void>()

  function begin(): void {
    activity.active++
  }

  function end(): void {
    activity.active--
    if (activity.draining) activity.onEnd?.()
  }

  function send(response: Response, { info, watch }: Connection): Response {
    const isOwn = response instanceof OwnResponse
    if (isOwn && response.isWhole) end()
    else info.completed.then(end, end)
    if (watch === null) return response
    if (isOwn && !response.isWhole) return watchEnd(response, watch)
    // Of a native response nobody can tell whether it is a stream; if it is, its `cancel` hears that the client is gone.
    watch.isAnswered = true
    return response
  }

  function later(pending: Promise<Response>, connection: Connection): Promise<Response> {
    return new Promise((resolve) => {
      let isCut = false
      function cut(response: Response): void {
        isCut = true
        end()
        resolve(response)
      }
      waiting.add(cut)
      pending.then(
        (response) => {
          waiting.delete(cut)
          if (isCut) response.body?.cancel().catch(() => undefined)
          else resolve(send(response, connection))
        },
        (error: unknown) => {
          waiting.delete(cut)
          if (isCut) return
          end()
          resolve(reportFailure(platform, error))
        },
      )
    })
  }

  function handle(request: Request, info: DenoServeInfo): Response | Promise<Response> {
    const connection = connect(request, info)
    activity.total++
    const answer = app.fetch(request, platform)
    if (answer instanceof OwnResponse && answer.isWhole) {
      if (connection.watch !== null) connection.watch.isAnswered = true
      return answer
    }
    begin()
    return 'then' in answer ? later(answer, connection) : send(answer, connection)
  }

  return {
    handle,
    cut(): void {
      for (const cut of waiting) cut(new Response(null, { status: 503, headers: { connection: 'close' } }))
      waiting.clear()
    },
  }
}

/** The same answer with a stream that tells its end, from where on Deno's signal says nothing. */
function watchEnd(response: OwnResponse, watch: Watch): Response {
  const reader = response.body?.getReader()
  if (reader === undefined) return response
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller): Promise<void> {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        watch.isAnswered = true
        controller.close()
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}

/** One line for a request that could not be answered, and the bare answer to it. */
export function reportFailure(platform: Platform, error: unknown): Response {
  const reason = error instanceof Error ? error.message : String(error)
  const message = `The answer could not be sent: ${reason.slice(0, 500)}`
  platform.log({ kind: 'response.failed', level: 'error', message, error })
  return new Response(null, { status: 500 })
}
